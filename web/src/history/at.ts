import { type Counts, type History, takenKey, type Visit, type VisitStatus } from './fold';
import type { Sum } from './timeline';

// What was so at a position. Nothing is folded again.

// statusAt is what a visit was at a position; undefined before it was entered.
export function statusAt(visit: Visit, at: number): VisitStatus | undefined {
  if (visit.id > at) return undefined;
  for (const e of visit.ends) if (e.event <= at && at <= e.until) return e.status;
  return visit.end !== undefined && visit.end <= at ? visit.status : 'RUNNING';
}

// Doing is a status, or what somebody waits for who is said to run.
export type Doing = VisitStatus | 'WAITING' | 'RETRYING';

// doingAt is what a visit was at a position, in more words: a Wait and a Task that waits for its token wait, a Task between
// two tries waits for the next.
export function doingAt(visit: Visit, at: number): Doing | undefined {
  const status = statusAt(visit, at);
  if (status !== 'RUNNING') return status;
  if (visit.type === 'Wait') return 'WAITING';
  const attempt = visit.attempts.findLast((a) => a.event <= at);
  if (!attempt) return status;
  if (attempt.end !== undefined && attempt.end <= at) return attempt.error === undefined ? status : 'RETRYING';
  return visit.resource?.endsWith('.waitForTaskToken') ? 'WAITING' : status;
}

// StateView is what a picture shows of a state at a position: all its visits together.
export interface StateView {
  status: VisitStatus;
  doing: Doing;
  visits: number;
  running: number;
  attempts: number; // of the last visit
  items?: { total: number; succeeded: number; failed: number };
  time: number; // ms in it
  last: Visit;
}

const worst: VisitStatus[] = ['RUNNING', 'FAILED', 'TIMED_OUT', 'ABORTED', 'CAUGHT', 'SUCCEEDED'];

// statusOf: of one flow the last visit tells; of iterations, which are side by side, the worst.
function statusOf(sum: Sum): VisitStatus {
  return sum.last.aside ? worst.find((s) => sum.by[s] > 0)! : sum.status;
}

// statesAt sums the visits up by the name of their state, which is unique in a machine.
export function statesAt(history: History, at: number, counts?: Counts): Map<string, StateView> {
  const now = history.event(at)?.at ?? 0;
  const sums = counts ? history.timeline.of(at, counts) : history.timeline.at(at);
  const views = new Map<string, StateView>();
  for (const [name, sum] of sums) {
    const running = sum.by.RUNNING;
    const status = statusOf(sum);
    views.set(name, {
      status,
      doing: (status === 'RUNNING' && doingAt(sum.last, at)) || status,
      visits: sum.visits,
      running,
      attempts: sum.last.attempts.filter((a) => a.event <= at).length,
      items: itemsAt(sum.last, at),
      time: sum.closed + running * now - sum.begun,
      last: sum.last,
    });
  }
  return views;
}

function itemsAt(visit: Visit, at: number): StateView['items'] {
  if (visit.type !== 'Map' || visit.mapRun) return undefined;
  let [ok, bad] = [0, 0];
  for (const s of visit.scopes) {
    if (s.end === undefined || s.end > at) continue;
    if (s.status === 'SUCCEEDED') ok++;
    else bad++;
  }
  return { total: visit.items ?? visit.scopes.length, succeeded: ok, failed: bad };
}

// takenAt returns the transitions that were taken, as takenKey names them.
export function takenAt(history: History, at: number, counts?: Counts): Set<string> {
  const taken = new Set<string>();
  if (!counts) {
    for (const [key, event] of history.taken) if (event <= at) taken.add(key);
    return taken;
  }
  for (const visit of history.visits) {
    if (visit.id > at) break;
    if (!counts(visit)) continue;
    taken.add(takenKey(visit.before, visit));
    const { scope } = visit;
    if (scope.end !== undefined && scope.end <= at && scope.status === 'SUCCEEDED' && scope.visits.at(-1) === visit) taken.add(takenKey(visit, undefined));
  }
  return taken;
}
