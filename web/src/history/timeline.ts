import type { Visit, VisitStatus } from './fold';

// Change is that a visit began, ended, or was taken up again.
export interface Change {
  event: number;
  at: number; // ms
  visit: Visit;
  status: VisitStatus;
  was?: { status: VisitStatus; stop: number }; // it had ended so
}

// Sum is all visits of a state together.
export interface Sum {
  visits: number;
  by: Record<VisitStatus, number>;
  closed: number; // ms in visits that have ended
  begun: number; // ms since 1970, of all visits that have not, added up
  last: Visit;
  status: VisitStatus; // of the last
}

export type Sums = Map<string, Sum>;

const none: Record<VisitStatus, number> = { RUNNING: 0, SUCCEEDED: 0, FAILED: 0, CAUGHT: 0, ABORTED: 0, TIMED_OUT: 0 };

// apply brings sums from before a change to after it.
export function apply(sums: Sums, { event, at, visit, status, was }: Change): void {
  let sum = sums.get(visit.name);
  if (!sum) sums.set(visit.name, (sum = { visits: 0, by: { ...none }, closed: 0, begun: 0, last: visit, status }));
  if (event === visit.id) {
    sum.visits++;
    sum.last = visit;
  } else if (was) {
    sum.by[was.status]--;
    sum.closed -= was.stop - visit.start;
  } else {
    sum.by.RUNNING--;
    sum.begun -= visit.start;
  }
  sum.by[status]++;
  if (status === 'RUNNING') sum.begun += visit.start;
  else sum.closed += at - visit.start;
  if (sum.last === visit) sum.status = status;
}

const copied = (sum: Sum): Sum => ({ ...sum, by: { ...sum.by } });

const step = 200; // changes between two sums that are kept, at least

// Timeline keeps the sums at some positions, so that those at any other are a few changes away.
export class Timeline {
  private readonly changes: Change[] = [];
  private readonly now: Sums = new Map();
  private readonly kept: { changes: number; sums: Sums }[] = [{ changes: 0, sums: new Map() }];

  add(change: Change): void {
    apply(this.now, change);
    this.changes.push(change);
    if (this.changes.length - this.kept.at(-1)!.changes < Math.max(step, this.now.size)) return;
    this.kept.push({ changes: this.changes.length, sums: new Map([...this.now].map(([name, sum]) => [name, copied(sum)])) });
  }

  // at returns the sums after an event. Nobody changes them.
  at(event: number): ReadonlyMap<string, Sum> {
    const wanted = this.before(event);
    if (wanted === this.changes.length) return this.now;
    const from = this.kept.findLast((k) => k.changes <= wanted)!;
    const sums = new Map(from.sums);
    const own = new Set<string>(); // that are no one else's
    for (const change of this.changes.slice(from.changes, wanted)) {
      const { name } = change.visit;
      const shared = own.has(name) ? undefined : sums.get(name);
      if (shared) sums.set(name, copied(shared));
      own.add(name);
      apply(sums, change);
    }
    return sums;
  }

  // of returns the sums after an event over those visits that count.
  of(event: number, counts: (visit: Visit) => boolean): ReadonlyMap<string, Sum> {
    const sums: Sums = new Map();
    for (const change of this.changes.slice(0, this.before(event))) if (counts(change.visit)) apply(sums, change);
    return sums;
  }

  // before is how many changes there were up to an event.
  private before(event: number): number {
    let [low, high] = [0, this.changes.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.changes[middle]!.event <= event) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
