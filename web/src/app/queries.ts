import { QueryClient, queryOptions } from '@tanstack/react-query';
import { ApiError, get } from '../api/client';
import type { Session } from '../api/model';

// queryClient holds all state that the server owns.
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      refetchOnWindowFocus: true,
      // What the server refused it refuses again.
      retry: (count, error) => count < 2 && !(error instanceof ApiError && error.status < 500),
    },
  },
});

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => get<Session>('session', {}, signal),
  staleTime: 60_000,
});
