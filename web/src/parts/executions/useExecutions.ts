import { type InfiniteData, useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { get } from '../../api/client';
import type { Executions } from '../../api/model';
import { useTopic } from '../../api/stream';
import { queryClient } from '../../app/queries';
import { merged } from './live';

type Pages = InfiniteData<Executions, string>;

// The least time between two searches that news have caused.
const pause = 1_000;

// useExecutions reads executions that a query matches, page by page. Live, rows change as executions do, and while only
// the first page is shown it is searched for again when there are news.
export function useExecutions(q: string, live: boolean) {
  const key = ['executions', q];
  const query = useInfiniteQuery({
    queryKey: key,
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) => get<Executions>('executions', { q, cursor: pageParam, n: 100, count: pageParam ? undefined : 1 }, signal),
    getNextPageParam: (last) => last.next,
  });
  const waiting = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(waiting.current), [q, live]);
  useTopic(live ? 'list' : undefined, ({ executions }) => {
    queryClient.setQueryData<Pages>(key, (old) => old && { ...old, pages: old.pages.map((p) => ({ ...p, executions: merged(p.executions, executions, () => false) })) });
    if (query.data?.pages.length !== 1 || waiting.current !== undefined) return;
    waiting.current = setTimeout(() => {
      waiting.current = undefined;
      void queryClient.invalidateQueries({ queryKey: key });
    }, pause);
  });
  return query;
}
