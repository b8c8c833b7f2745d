import { useQuery } from '@tanstack/react-query';
import { get } from '../../api/client';
import type { Stages } from '../../api/model';
import type { Visit } from '../../history/fold';

// useStages reads what became of the data in a visit; again when something more happened in it.
export function useStages(arn: string, visit: Visit | undefined) {
  return useQuery({
    queryKey: ['stages', arn, visit?.id, visit?.events.length, visit?.end],
    queryFn: ({ signal }) => get<Stages>('execution/stages', { arn, event: visit!.id }, signal),
    enabled: visit !== undefined,
    staleTime: Infinity,
    placeholderData: (old, query) => (query?.queryKey[2] === visit?.id ? old : undefined),
  });
}
