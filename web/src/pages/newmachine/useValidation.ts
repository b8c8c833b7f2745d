import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { post } from '../../api/client';
import type { Validation } from '../../api/model';

// How long a text has to stay as it is before the server is asked, in milliseconds.
const pause = 300;

// useSettled returns a value once it has not changed for a while.
function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), pause);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

// useValidation says what the server's validator has to say of a text.
export function useValidation(text: string, type: string) {
  const settled = useSettled(text);
  const query = useQuery({
    queryKey: ['validate', type, settled],
    queryFn: ({ signal }) => post<Validation>('validate', { text: settled, type }, signal),
    enabled: settled.trim() !== '',
    placeholderData: keepPreviousData,
    staleTime: Infinity,
  });
  return { validation: query.data, checking: settled !== text || query.isFetching, failed: query.error };
}
