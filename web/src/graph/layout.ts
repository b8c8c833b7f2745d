import { queryOptions } from '@tanstack/react-query';
import { post } from '../api/client';
import type { Layout } from '../api/layout';

// layoutQuery lays a definition out, JSON or YAML. The same text has the same layout for ever.
export function layoutQuery(definition: string) {
  return queryOptions({
    queryKey: ['layout', definition],
    queryFn: ({ signal }) => post<Layout>('layout', { definition }, signal),
    staleTime: Infinity,
    enabled: definition !== '',
  });
}
