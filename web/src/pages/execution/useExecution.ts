import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { get } from '../../api/client';
import type { Event, Events, Execution } from '../../api/model';
import { useTopic } from '../../api/stream';
import { History } from '../../history/fold';

const pageOfEvents = 5_000;
const mapRunBeat = 2_000; // ms

export interface Loaded {
  history: History;
  version: number; // grows with the history, which is one object
}

// useExecution reads an execution and all its events, without their payloads, and goes on with what the stream tells.
export function useExecution(arn: string) {
  const client = useQueryClient();
  const key = ['execution', arn];
  const execution = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => get<Execution>('execution', { arn }, signal),
    // What its Map Runs do is in no event of its own.
    refetchInterval: (q) => (q.state.data?.mapRuns?.some((run) => run.status === 'RUNNING') ? mapRunBeat : false),
  });
  const { loaded, add, fill, error } = useHistory(arn);
  const running = execution.data?.status === 'RUNNING' || execution.data?.status === 'PENDING_REDRIVE';
  useTopic(`x:${arn}`, (news) => {
    if (!add(news.events)) void fill();
    const status = execution.data?.status;
    if (news.execution.status !== status) {
      client.setQueryData<Execution>(key, (old) => old && { ...old, ...news.execution });
      void client.invalidateQueries({ queryKey: key });
    }
  });
  // A stream that failed, or that is not there, is made up for.
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => void fill(), 5_000);
    return () => clearInterval(timer);
  }, [running, fill]);
  // What this page read says that there is more.
  const last = execution.data?.lastEvent ?? 0;
  useEffect(() => {
    if (last > loaded.history.last) void fill();
  }, [last, fill, loaded]);
  return { execution, loaded, error };
}

function useHistory(arn: string) {
  const [loaded, setLoaded] = useState<Loaded>(() => ({ history: new History(), version: 0 }));
  const [error, setError] = useState<unknown>();
  const current = useRef(loaded.history);
  const busy = useRef<Promise<void>>(undefined);
  useEffect(() => {
    current.current = new History();
    setLoaded({ history: current.current, version: 0 });
  }, [arn]);
  const show = useCallback((h: History) => setLoaded({ history: h, version: h.last }), []);
  // add reports false when events between are missing.
  const add = useCallback(
    (events: Event[]): boolean => {
      const h = current.current;
      if (events.length > 0 && events[0]!.id > h.last + 1) return false;
      if (h.add(events)) show(h);
      return true;
    },
    [show],
  );
  const fill = useCallback(async () => {
    const h = current.current;
    const read = async () => {
      for (;;) {
        const page = await get<Events>('execution/events', { arn, after: h.last, n: pageOfEvents });
        if (h.add(page.events) && h === current.current) show(h);
        if (page.events.length < pageOfEvents) return;
      }
    };
    busy.current ??= read()
      .then(() => setError(undefined), setError)
      .finally(() => (busy.current = undefined));
    return busy.current;
  }, [arn, show]);
  useEffect(() => void fill(), [fill]);
  return { loaded, add, fill, error };
}
