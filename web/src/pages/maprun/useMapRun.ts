import { useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import { aws } from '../../api/client';
import { done, type MapRun, perSecondOf, type Sample, sampled } from './figures';

const beat = 1_000; // ms between two looks while it runs

// useMapRun reads a Map Run, again and again while it runs.
export function useMapRun(arn: string) {
  const samples = useRef<Sample[]>([]);
  const query = useQuery({
    queryKey: ['maprun', arn],
    queryFn: async ({ signal }): Promise<{ run: MapRun; perSecond: number }> => {
      const run = await aws('DescribeMapRun', { mapRunArn: arn }, signal);
      const now = Date.now();
      samples.current = sampled(samples.current, { at: now, done: done(run.itemCounts) });
      return { run, perSecond: perSecondOf(samples.current, run, now) };
    },
    refetchInterval: (q) => (q.state.data?.run.status === 'RUNNING' ? beat : false),
  });
  return { run: query.data?.run, perSecond: query.data?.perSecond ?? 0, error: query.error, refetch: () => void query.refetch() };
}
