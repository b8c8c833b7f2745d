import type { Event } from '../api/model';
import { Timeline } from './timeline';

// What became of an execution, out of its events.
//
// A history is one list, but what happened is a tree: a state is visited in a scope (the execution, a branch of a Parallel,
// an iteration of a Map), and a visit of a Parallel or a Map has scopes of its own. previousEventId leads from an event to
// the one of the same flow before it. So every event belongs to the visit or the scope that the event before it belongs to,
// unless its type says that it opens or closes one.
//
// Positions are ids of events. What was so at a position is told by the ids that a visit keeps; nothing is folded again.

export type VisitStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CAUGHT' | 'ABORTED' | 'TIMED_OUT';

// Attempt is one try of a Task: from scheduled to its result.
export interface Attempt {
  event: number; // scheduled
  start: number; // ms
  end?: number; // event
  stop?: number; // ms
  error?: string;
  cause?: string;
  aborted?: boolean;
}

// Scope is a flow: the execution's own, a branch, an iteration.
export interface Scope {
  id: number; // the event that began it: 0 for the execution's own
  container?: Visit;
  kind: 'execution' | 'branch' | 'iteration';
  index: number; // of an iteration or a branch
  visits: Visit[];
  start: number;
  stop?: number;
  end?: number; // event
  status: VisitStatus;
}

// Visit is one time that a state was entered.
export interface Visit {
  id: number; // the event that entered it
  name: string;
  type: string; // Task, Map …
  scope: Scope;
  aside: boolean; // it is in an iteration, so others of the state may be under way beside it
  before?: Visit; // that led to it, in the same scope
  start: number; // ms
  end?: number; // the event that ended it
  stop?: number; // ms
  exited?: number; // StateExited
  status: VisitStatus; // as of the end
  error?: string;
  cause?: string;
  attempts: Attempt[];
  scopes: Scope[]; // of a Parallel or a Map
  items?: number; // of a Map
  resource?: string;
  mapRun?: string;
  child?: string; // ARN of a nested execution
  inputBytes: number;
  outputBytes: number;
  assigned: boolean;
  heartbeat?: number;
  events: number[];
  ends: { event: number; status: VisitStatus; until: number }[]; // before the redrives that took it up again
}

type Owner = Visit | Scope;

const isVisit = (o: Owner): o is Visit => 'attempts' in o;

const scheduled = /(Task|Activity|LambdaFunction)Scheduled$/;
const succeeded = /^(Task|Activity|LambdaFunction)Succeeded$/;
const failed = /^(Task|Activity|LambdaFunction)(Failed|TimedOut|StartFailed|SubmitFailed|ScheduleFailed)$/;

// History is the fold of the events of one execution. Events are added in order; each is folded once.
export class History {
  readonly events: Event[] = [];
  readonly visits: Visit[] = []; // in the order they were entered
  readonly top: Scope = { id: 0, kind: 'execution', index: 0, visits: [], start: 0, status: 'RUNNING' };
  ended = 0; // event that ended the execution, 0 while it runs
  redriven: number[] = []; // events
  readonly timeline = new Timeline();
  readonly taken = new Map<string, number>(); // the event with which a transition was taken first, by takenKey
  readonly maps: Visit[] = []; // of Maps that have iterations
  private readonly owners = new Map<number, Owner>();
  private readonly byName = new Map<string, Visit[]>();
  private readonly open = new Set<Visit>(); // visits that have not ended

  // add folds events whose ids go on from the last; others are left out. It reports whether there was one.
  add(events: Event[]): boolean {
    const from = this.events.length;
    for (const event of events) {
      if (event.id !== this.events.length + 1) continue;
      this.events.push(event);
      const owner = this.take(event);
      this.owners.set(event.id, owner);
      if (isVisit(owner)) owner.events.push(event.id);
    }
    return this.events.length > from;
  }

  get last(): number {
    return this.events.length;
  }

  // event returns the one of an id, which counts from 1.
  event(id: number): Event | undefined {
    return this.events[id - 1];
  }

  // visit returns the one that an event entered.
  visit(id: number): Visit | undefined {
    const owner = this.owners.get(id);
    return owner && isVisit(owner) && owner.id === id ? owner : undefined;
  }

  // visitsOf returns all visits of a state that count, in order.
  visitsOf(name: string, counts?: Counts): readonly Visit[] {
    const all = this.byName.get(name) ?? [];
    return counts ? all.filter(counts) : all;
  }

  // scope returns the iteration that an event began.
  scope(id: number): Scope | undefined {
    const owner = this.owners.get(id);
    return owner && !isVisit(owner) && owner.id === id && owner.kind === 'iteration' ? owner : undefined;
  }

  // visitOf returns the visit that an event belongs to.
  visitOf(event: number): Visit | undefined {
    const owner = this.owners.get(event);
    if (!owner) return undefined;
    return isVisit(owner) ? owner : owner.container;
  }

  private take(event: Event): Owner {
    const owner = this.owners.get(event.prev) ?? this.top;
    const { type } = event;
    if (type.endsWith('StateEntered')) return this.enter(event, owner);
    if (type.endsWith('StateExited')) return this.exit(event, owner);
    if (type.startsWith('Execution')) return this.execution(event, owner);
    if (type.startsWith('MapIteration')) return this.iteration(event, owner);
    if (/^(Map|Parallel)State(Started|Succeeded|Failed|Aborted)$/.test(type)) return this.container(event, owner);
    if (type.startsWith('MapRun')) return this.mapRun(event, owner);
    return this.task(event, owner);
  }

  private enter(event: Event, owner: Owner): Visit {
    const type = event.type.slice(0, -'StateEntered'.length);
    let scope: Scope;
    let before: Visit | undefined;
    if (!isVisit(owner)) scope = owner;
    else if (this.event(event.prev)?.type === 'ParallelStateStarted') scope = this.branch(owner, event);
    else [scope, before] = [owner.scope, owner];
    const visit: Visit = {
      id: event.id,
      name: event.name ?? '',
      type,
      scope,
      aside: scope.kind === 'iteration' || (scope.container?.aside ?? false),
      before,
      start: event.at,
      status: 'RUNNING',
      attempts: [],
      scopes: [],
      inputBytes: event.bytes ?? 0,
      outputBytes: 0,
      assigned: false,
      events: [],
      ends: [],
    };
    scope.visits.push(visit);
    this.visits.push(visit);
    this.open.add(visit);
    this.timeline.add({ event: event.id, at: event.at, visit, status: 'RUNNING' });
    this.took(takenKey(before, visit), event.id);
    const same = this.byName.get(visit.name);
    if (same) same.push(visit);
    else this.byName.set(visit.name, [visit]);
    return visit;
  }

  private branch(container: Visit, event: Event): Scope {
    const scope: Scope = { id: event.id, container, kind: 'branch', index: container.scopes.length, visits: [], start: event.at, status: 'RUNNING' };
    container.scopes.push(scope);
    return scope;
  }

  private exit(event: Event, owner: Owner): Visit {
    const visit = this.around(owner, (v) => v.name === event.name) ?? this.lastOpen((v) => v.name === event.name) ?? this.fallback();
    visit.exited = event.id;
    visit.outputBytes = event.bytes ?? 0;
    visit.assigned ||= event.assigned ?? false;
    this.close(visit, event, visit.error === undefined || visit.status !== 'FAILED' ? 'SUCCEEDED' : 'CAUGHT');
    return visit;
  }

  // around climbs from an owner to the first visit that fits and has not ended (or has failed, which a Catch takes).
  private around(owner: Owner, fits: (v: Visit) => boolean): Visit | undefined {
    for (let o: Owner | undefined = owner; o; o = isVisit(o) ? o.scope.container : o.container) {
      if (isVisit(o) && o.exited === undefined && fits(o)) return o;
    }
    return undefined;
  }

  private lastOpen(fits: (v: Visit) => boolean): Visit | undefined {
    return [...this.open].findLast(fits) ?? this.visits.findLast((v) => v.exited === undefined && fits(v));
  }

  // fallback is for a history that is not as histories are: nothing is lost but the place of an event.
  private fallback(): Visit {
    return this.visits.at(-1) ?? this.enter({ id: 0, prev: 0, type: 'PassStateEntered', at: 0 }, this.top);
  }

  private close(visit: Visit, event: Event, status: VisitStatus): void {
    const was = visit.stop === undefined ? undefined : { status: visit.status, stop: visit.stop };
    this.timeline.add({ event: event.id, at: event.at, visit, status, was });
    visit.status = status;
    visit.end = event.id;
    visit.stop = event.at;
    this.open.delete(visit);
    for (const scope of visit.scopes) {
      if (scope.end === undefined) this.closeScope(scope, event, status === 'SUCCEEDED' ? 'SUCCEEDED' : 'ABORTED');
    }
  }

  private closeScope(scope: Scope, event: Event, status: VisitStatus): void {
    scope.status = status;
    scope.end = event.id;
    scope.stop = event.at;
    if (status === 'SUCCEEDED') return this.ran(scope, event.id);
    for (const v of scope.visits) if (v.end === undefined) this.close(v, event, 'ABORTED');
  }

  // ran notes that a flow went to its end.
  private ran(scope: Scope, event: number): void {
    const last = scope.visits.at(-1);
    if (last) this.took(takenKey(last, undefined), event);
  }

  private took(key: string, event: number): void {
    if (!this.taken.has(key)) this.taken.set(key, event);
  }

  // again takes up a visit that had ended.
  private again(visit: Visit, event: Event): void {
    if (visit.end !== undefined && visit.stop !== undefined) {
      this.timeline.add({ event: event.id, at: event.at, visit, status: 'RUNNING', was: { status: visit.status, stop: visit.stop } });
    }
    visit.status = 'RUNNING';
    visit.end = visit.stop = undefined;
    visit.error = visit.cause = undefined;
    this.open.add(visit);
  }

  private fail(visit: Visit, event: Event, status: VisitStatus): void {
    visit.error = event.error ?? visit.error ?? '';
    visit.cause = event.cause ?? visit.cause;
    this.close(visit, event, status);
  }

  private execution(event: Event, owner: Owner): Owner {
    switch (event.type) {
      case 'ExecutionStarted':
        this.top.start = event.at;
        return this.top;
      case 'ExecutionRedriven':
        this.redriven.push(event.id);
        this.ended = 0;
        this.reopen(this.top, event);
        return owner;
    }
    this.ended = event.id;
    const status = statusOfEnd(event.type);
    this.top.status = status;
    this.top.end = event.id;
    this.top.stop = event.at;
    if (status === 'SUCCEEDED') {
      this.ran(this.top, event.id);
      return this.top;
    }
    // What failed is the visit that the last event belongs to, and what it is in; the rest was under way.
    const guilty = new Set<Visit>();
    if (status === 'FAILED') {
      for (let o: Owner | undefined = owner; o; o = isVisit(o) ? o.scope.container : o.container) if (isVisit(o)) guilty.add(o);
    }
    for (const v of this.visits) {
      if (guilty.has(v) && v.exited === undefined) this.fail(v, v.error === undefined ? event : { ...event, error: v.error, cause: v.cause }, 'FAILED');
      else if (v.end === undefined) this.close(v, event, status === 'TIMED_OUT' ? 'TIMED_OUT' : 'ABORTED');
    }
    return this.top;
  }

  // reopen takes up what had not ended well, as a redrive does.
  private reopen(scope: Scope, event: Event): void {
    scope.status = 'RUNNING';
    scope.end = scope.stop = undefined;
    for (const v of scope.visits) {
      if (v.exited !== undefined || v.status === 'SUCCEEDED') continue;
      if (v.end !== undefined) v.ends.push({ event: v.end, status: v.status, until: this.last - 1 });
      this.again(v, event);
      for (const inner of v.scopes) if (inner.status !== 'SUCCEEDED') this.reopen(inner, event);
    }
  }

  private iteration(event: Event, owner: Owner): Owner {
    if (event.type === 'MapIterationStarted') {
      const map = this.around(owner, (v) => v.type === 'Map' && (event.name === undefined || v.name === event.name)) ?? this.fallback();
      const again = map.scopes.find((s) => s.index === event.index && s.status === 'RUNNING' && this.redriven.length > 0);
      if (again) return again;
      const scope: Scope = {
        id: event.id,
        container: map,
        kind: 'iteration',
        index: event.index ?? map.scopes.length,
        visits: [],
        start: event.at,
        status: 'RUNNING',
      };
      if (map.scopes.push(scope) === 1) this.maps.push(map);
      return scope;
    }
    let scope: Owner | undefined = owner;
    while (scope && (isVisit(scope) || scope.kind !== 'iteration' || (event.index !== undefined && scope.index !== event.index))) {
      scope = isVisit(scope) ? scope.scope : scope.container;
    }
    if (!scope) return owner;
    const status = event.type === 'MapIterationSucceeded' ? 'SUCCEEDED' : event.type === 'MapIterationFailed' ? 'FAILED' : 'ABORTED';
    if (status === 'FAILED' && isVisit(owner) && owner.exited === undefined) this.fail(owner, { ...event, error: event.error ?? owner.error }, 'FAILED');
    this.closeScope(scope as Scope, event, status);
    return scope;
  }

  private container(event: Event, owner: Owner): Owner {
    const type = event.type.startsWith('Map') ? 'Map' : 'Parallel';
    const visit = this.around(owner, (v) => v.type === type) ?? this.lastOpen((v) => v.type === type) ?? this.fallback();
    if (event.type.endsWith('Started')) visit.items = event.length;
    else if (event.type.endsWith('Failed')) {
      if (isVisit(owner) && owner !== visit && owner.exited === undefined && owner.end === undefined) this.fail(owner, event, 'FAILED');
      const inner = isVisit(owner) && owner !== visit ? owner : undefined;
      this.fail(visit, { ...event, error: event.error ?? inner?.error, cause: event.cause ?? inner?.cause }, 'FAILED');
    } else if (event.type.endsWith('Aborted') && visit.end === undefined) this.close(visit, event, 'ABORTED');
    return visit;
  }

  private mapRun(event: Event, owner: Owner): Owner {
    const visit = this.around(owner, (v) => v.type === 'Map') ?? this.fallback();
    visit.mapRun = event.mapRun ?? visit.mapRun;
    if (event.type === 'MapRunFailed') this.fail(visit, event, 'FAILED');
    return visit;
  }

  // meant returns the visit that an event is of. One that says that a state was aborted follows the failure elsewhere, and has
  // no name: of the states of that type that are under way, the one that was entered first is taken.
  private meant(event: Event, owner: Owner): Owner {
    const type = /^(.*)StateAborted$/.exec(event.type)?.[1];
    if (type && !(isVisit(owner) && owner.type === type && owner.end === undefined)) {
      for (const v of this.open) if (v.type === type) return v;
      return owner;
    }
    if (!isVisit(owner) || owner.exited === undefined) return isVisit(owner) ? owner : (this.lastOpen((v) => v.type === 'Task') ?? owner);
    // A failure to evaluate may follow the exit before, as the entry of its own state does.
    const next = owner.scope.visits.at(-1)!;
    return next.end === undefined ? next : (this.lastOpen((v) => v.type === 'Task') ?? owner);
  }

  private task(event: Event, owner: Owner): Owner {
    if (event.type === 'FailStateEntered') return owner;
    const visit = this.meant(event, owner);
    if (!isVisit(visit)) return visit;
    const attempt = visit.attempts.at(-1);
    visit.child = event.child ?? visit.child;
    if (scheduled.test(event.type)) {
      visit.attempts.push({ event: event.id, start: event.at });
      visit.resource = event.resource ?? visit.resource;
      visit.heartbeat = event.heartbeat;
      this.again(visit, event);
    } else if (succeeded.test(event.type)) {
      if (attempt) [attempt.end, attempt.stop] = [event.id, event.at];
    } else if (failed.test(event.type)) {
      if (attempt) Object.assign(attempt, { end: event.id, stop: event.at, error: event.error ?? '', cause: event.cause });
      // It may be tried again: what is told is what is known. The end of the execution, or an exit, tells the rest.
      Object.assign(visit, { error: event.error ?? '', cause: event.cause, status: 'FAILED' });
    } else if (event.type === 'EvaluationFailed') {
      Object.assign(visit, { error: event.error ?? '', cause: event.cause, status: 'FAILED' });
    } else if (event.type.endsWith('Aborted')) {
      if (attempt && attempt.end === undefined) Object.assign(attempt, { end: event.id, stop: event.at, aborted: true });
      if (visit.end === undefined) this.close(visit, event, 'ABORTED');
    }
    return visit;
  }
}

// takenKey names a transition as "from>to>why": no from is the start of a flow, no to its end; why is catch or next.
export function takenKey(from: Visit | undefined, to: Visit | undefined): string {
  return `${from?.name ?? ''}>${to?.name ?? ''}>${from && to && from.status === 'CAUGHT' ? 'catch' : 'next'}`;
}

function statusOfEnd(type: string): VisitStatus {
  switch (type) {
    case 'ExecutionSucceeded':
      return 'SUCCEEDED';
    case 'ExecutionAborted':
      return 'ABORTED';
    case 'ExecutionTimedOut':
      return 'TIMED_OUT';
    default:
      return 'FAILED';
  }
}

// pathOf returns the scopes that a visit is in, outermost first, without the execution's own.
export function pathOf(visit: Visit): Scope[] {
  const path: Scope[] = [];
  for (let s: Scope | undefined = visit.scope; s && s.kind !== 'execution'; s = s.container?.scope) path.unshift(s);
  return path;
}

// Counts says which visits count; undefined: all do.
export type Counts = ((visit: Visit) => boolean) | undefined;

// within returns which visits count when one iteration is looked at: those in it, and those that are in no other iteration of
// its Map nor of the Maps around it.
// None: all count.
export function within(scope: Scope | undefined): Counts {
  if (!scope) return undefined;
  const chosen = new Map<Visit, Scope>();
  for (let s: Scope | undefined = scope; s?.container; s = s.container.scope) chosen.set(s.container, s);
  return (visit) => {
    for (let s: Scope | undefined = visit.scope; s?.container; s = s.container.scope) {
      if (s.kind === 'iteration' && (chosen.get(s.container) ?? s) !== s) return false;
    }
    return true;
  };
}

// topOf returns the visit of the top level that a visit is, or is in.
export function topOf(visit: Visit): Visit {
  let top = visit;
  while (top.scope.container) top = top.scope.container;
  return top;
}
