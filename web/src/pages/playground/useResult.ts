import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { post } from '../../api/client';
import type { EvalResult } from '../../api/model';
import { jsonError } from '../../parts/json';
import type { Language } from './examples';

// Tried is an expression and what it sees, as texts.
export interface Tried {
  language: Language;
  expression: string;
  input: string;
  result: string;
  context: string;
  variables: string;
}

function wrongOf(t: Tried): Error | undefined {
  for (const [name, text] of [['input', t.input], ['variables', t.variables], ['result', t.result], ['context', t.context]] as const) {
    const wrong = text.trim() === '' ? undefined : jsonError(text);
    if (wrong) return new Error(`The ${name} is not JSON: ${wrong}`);
  }
  return undefined;
}

// useResult evaluates what has not changed for a moment.
export function useResult(tried: Tried): { result: EvalResult | undefined; error: Error | undefined; pending: boolean } {
  const text = JSON.stringify(tried);
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), 150);
    return () => clearTimeout(timer);
  }, [text]);
  const asked = JSON.parse(settled) as Tried;
  const wrong = wrongOf(asked);
  const { data, error, isFetching } = useQuery({
    queryKey: ['eval', settled],
    queryFn: ({ signal }) => post<EvalResult>('eval', asked, signal),
    enabled: wrong === undefined && asked.expression.trim() !== '',
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: Infinity,
    gcTime: 60_000,
  });
  return { result: data, error: wrong ?? error ?? undefined, pending: isFetching };
}
