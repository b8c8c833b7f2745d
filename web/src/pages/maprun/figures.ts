import type { DescribeMapRunOutput, MapRunItemCounts } from '../../api/aws';

export type MapRun = DescribeMapRunOutput;

// done is how many of the items or executions are over, however they ended.
export function done(c: Pick<MapRunItemCounts, 'succeeded' | 'failed' | 'timedOut' | 'aborted'>): number {
  return c.succeeded + c.failed + c.timedOut + c.aborted;
}

// Sample is how much was done at a time.
export interface Sample {
  at: number; // ms
  done: number;
}

const window = 30_000; // ms

// sampled returns the samples of the last half minute with a new one.
export function sampled(samples: Sample[], next: Sample): Sample[] {
  return [...samples.filter((s) => next.at - s.at <= window && s.done <= next.done), next];
}

// perSecondOf is how much is done a second: of late while it runs, on the whole when it has ended or nothing else is known.
export function perSecondOf(samples: Sample[], run: { startDate: number; stopDate?: number }, now: number): number {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!last) return 0;
  if (run.stopDate === undefined && first && last.at - first.at >= 2_000) return ((last.done - first.done) / (last.at - first.at)) * 1000;
  const took = (run.stopDate === undefined ? now / 1000 : run.stopDate) - run.startDate;
  return last.done / Math.max(0.001, took);
}

// tolerated is how many items may fail; Infinity: all of them.
export function tolerated(run: Pick<MapRun, 'toleratedFailureCount' | 'toleratedFailurePercentage'>, total: number): number {
  const share = run.toleratedFailurePercentage;
  const count = run.toleratedFailureCount;
  if (share >= 100) return Infinity;
  if (count > 0 && share > 0) return Math.min(count, Math.floor((total * share) / 100));
  return count > 0 ? count : Math.floor((total * share) / 100);
}
