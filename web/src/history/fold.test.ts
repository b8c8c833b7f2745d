import { describe, expect, test } from 'vitest';
import type { Event } from '../api/model';
import { doingAt, statesAt, statusAt, takenAt } from './at';
import { History, pathOf, topOf, within } from './fold';

// history makes events of lines "prev type name", whose ids count from 1, a second apart.
function history(...lines: [prev: number, type: string, more?: Partial<Event>][]): History {
  const h = new History();
  h.add(lines.map(([prev, type, more], i) => ({ id: i + 1, prev, type, at: (i + 1) * 1000, ...more })));
  return h;
}

describe('a flow', () => {
  const h = history(
    [0, 'ExecutionStarted'],
    [0, 'PassStateEntered', { name: 'A', bytes: 7 }],
    [2, 'PassStateExited', { name: 'A', bytes: 9, assigned: true }],
    [3, 'TaskStateEntered', { name: 'B' }],
    [4, 'TaskScheduled', { resource: 'lambda:invoke' }],
    [5, 'TaskStarted'],
    [6, 'TaskFailed', { error: 'Boom', cause: 'why' }],
    [7, 'TaskScheduled'],
    [8, 'TaskStarted'],
    [9, 'TaskSucceeded'],
    [10, 'TaskStateExited', { name: 'B' }],
    [11, 'ExecutionSucceeded'],
  );

  test('has its visits, attempts and sizes', () => {
    expect(h.visits.map((v) => [v.name, v.type, v.status, v.id, v.end])).toEqual([
      ['A', 'Pass', 'SUCCEEDED', 2, 3],
      ['B', 'Task', 'SUCCEEDED', 4, 11],
    ]);
    const [a, b] = h.visits;
    expect([a!.inputBytes, a!.outputBytes, a!.assigned]).toEqual([7, 9, true]);
    expect(b!.attempts.map((x) => [x.event, x.end, x.error])).toEqual([
      [5, 7, 'Boom'],
      [8, 10, undefined],
    ]);
    expect(b!.before).toBe(a);
    expect(b!.resource).toBe('lambda:invoke');
  });

  test('can be seen at any position', () => {
    const b = h.visits[1]!;
    expect([3, 4, 7, 10, 11].map((at) => statusAt(b, at))).toEqual([undefined, 'RUNNING', 'RUNNING', 'RUNNING', 'SUCCEEDED']);
    expect([3, 4, 6, 7, 8, 10, 11].map((at) => doingAt(b, at))).toEqual([undefined, 'RUNNING', 'RUNNING', 'RETRYING', 'RUNNING', 'RUNNING', 'SUCCEEDED']);
    expect(statesAt(h, 9).get('B')).toMatchObject({ status: 'RUNNING', attempts: 2, visits: 1, time: 5000 });
    expect([...takenAt(h, 3)]).toEqual(['>A>next']);
    expect([...takenAt(h, 12)].sort()).toEqual(['>A>next', 'A>B>next', 'B>>next']);
  });
});

test('a failure that is caught', () => {
  const h = history(
    [0, 'ExecutionStarted'],
    [0, 'TaskStateEntered', { name: 'T' }],
    [2, 'TaskScheduled'],
    [3, 'TaskTimedOut', { error: 'States.Timeout' }],
    [4, 'TaskStateExited', { name: 'T' }],
    [5, 'PassStateEntered', { name: 'Mend' }],
    [6, 'PassStateExited', { name: 'Mend' }],
    [7, 'ExecutionSucceeded'],
  );
  expect(h.visits.map((v) => v.status)).toEqual(['CAUGHT', 'SUCCEEDED']);
  expect(h.visits[0]!.error).toBe('States.Timeout');
  expect(takenAt(h, 8)).toContain('T>Mend>catch');
});

test('a Map, one iteration of which fails', () => {
  const h = history(
    [0, 'ExecutionStarted'],
    [0, 'MapStateEntered', { name: 'M' }],
    [2, 'MapStateStarted', { length: 2 }],
    [3, 'MapIterationStarted', { name: 'M', index: 0 }],
    [4, 'PassStateEntered', { name: 'P' }],
    [3, 'MapIterationStarted', { name: 'M', index: 1 }],
    [6, 'TaskStateEntered', { name: 'P2' }],
    [5, 'PassStateExited', { name: 'P' }],
    [8, 'MapIterationSucceeded', { name: 'M', index: 0 }],
    [7, 'TaskScheduled'],
    [10, 'TaskFailed', { error: 'E' }],
    [11, 'MapIterationFailed', { name: 'M', index: 1 }],
    [12, 'MapStateFailed', { error: 'E' }],
    [13, 'ExecutionFailed', { error: 'E' }],
  );
  const [m, p, q] = h.visits;
  expect(m!.scopes.map((s) => [s.index, s.status])).toEqual([
    [0, 'SUCCEEDED'],
    [1, 'FAILED'],
  ]);
  expect([m!.status, p!.status, q!.status]).toEqual(['FAILED', 'SUCCEEDED', 'FAILED']);
  expect(statesAt(h, 9).get('M')).toMatchObject({ status: 'RUNNING', items: { total: 2, succeeded: 1, failed: 0 } });
  expect(pathOf(q!).map((s) => s.index)).toEqual([1]);
  expect(h.visitOf(11)).toBe(q);
});

test('a Parallel in a Parallel, and what follows it', () => {
  const h = history(
    [0, 'ExecutionStarted'],
    [0, 'ParallelStateEntered', { name: 'Out' }],
    [2, 'ParallelStateStarted'],
    [3, 'ParallelStateEntered', { name: 'In' }],
    [4, 'ParallelStateStarted'],
    [3, 'PassStateEntered', { name: 'B' }],
    [5, 'PassStateEntered', { name: 'A' }],
    [6, 'PassStateExited', { name: 'B' }],
    [7, 'PassStateExited', { name: 'A' }],
    [9, 'ParallelStateSucceeded'],
    [10, 'ParallelStateExited', { name: 'In' }],
    [11, 'ParallelStateSucceeded'],
    [12, 'ParallelStateExited', { name: 'Out' }],
    [13, 'SucceedStateEntered', { name: 'S' }],
    [14, 'SucceedStateExited', { name: 'S' }],
    [15, 'ExecutionSucceeded'],
  );
  expect(h.visits.map((v) => [v.name, v.status, v.end, pathOf(v).length])).toEqual([
    ['Out', 'SUCCEEDED', 13, 0],
    ['In', 'SUCCEEDED', 11, 1],
    ['B', 'SUCCEEDED', 8, 1],
    ['A', 'SUCCEEDED', 9, 2],
    ['S', 'SUCCEEDED', 15, 0],
  ]);
  expect(h.visits[0]!.scopes.map((s) => s.visits.map((v) => v.name))).toEqual([['In'], ['B']]);
});

test('an execution that is stopped, and one that is redriven', () => {
  const h = history(
    [0, 'ExecutionStarted'],
    [0, 'TaskStateEntered', { name: 'T' }],
    [2, 'TaskScheduled'],
    [3, 'TaskFailed', { error: 'E' }],
    [4, 'ExecutionFailed', { error: 'E' }],
  );
  expect(h.visits[0]).toMatchObject({ status: 'FAILED', error: 'E', end: 5 });
  h.add([
    { id: 6, prev: 5, type: 'ExecutionRedriven', at: 9000 },
    { id: 7, prev: 6, type: 'TaskScheduled', at: 9001 },
  ]);
  expect(statesAt(h, 7).get('T')).toMatchObject({ status: 'RUNNING', attempts: 2 });
  expect([4, 5, 6].map((at) => statusAt(h.visits[0]!, at))).toEqual(['RUNNING', 'FAILED', 'RUNNING']);
  h.add([{ id: 8, prev: 7, type: 'ExecutionAborted', at: 9100 }]);
  expect(h.visits[0]!.status).toBe('ABORTED');
  expect(h.ended).toBe(8);
});

test('what is aborted since something else failed', () => {
  const h = history(
    [0, 'ExecutionStarted'],
    [0, 'ParallelStateEntered', { name: 'Both' }],
    [2, 'ParallelStateStarted'],
    [3, 'MapStateEntered', { name: 'M' }],
    [4, 'MapStateStarted', { length: 1 }],
    [5, 'MapIterationStarted', { name: 'M', index: 0 }],
    [3, 'TaskStateEntered', { name: 'T' }],
    [7, 'TaskScheduled'],
    [6, 'FailStateEntered', { name: 'F' }],
    [9, 'MapIterationFailed', { name: 'M', index: 0 }],
    [10, 'MapStateFailed'],
    [11, 'MapStateAborted'],
    [11, 'TaskStateAborted'],
    [11, 'ParallelStateFailed'],
    [14, 'ParallelStateExited', { name: 'Both' }],
    [15, 'SucceedStateEntered', { name: 'S' }],
  );
  expect(h.visits.map((v) => [v.name, v.status, v.end])).toEqual([
    ['Both', 'CAUGHT', 15],
    ['M', 'FAILED', 11],
    ['T', 'ABORTED', 13],
    ['F', 'FAILED', 10],
    ['S', 'RUNNING', undefined],
  ]);
  expect(h.visits[2]!.attempts[0]).toMatchObject({ end: 13, aborted: true });
});

test('one iteration is looked at', () => {
  const h = history(
    [0, 'ExecutionStarted'],
    [0, 'MapStateEntered', { name: 'M' }],
    [2, 'MapStateStarted', { length: 2 }],
    [3, 'MapIterationStarted', { name: 'M', index: 0 }],
    [4, 'PassStateEntered', { name: 'P' }],
    [3, 'MapIterationStarted', { name: 'M', index: 1 }],
    [6, 'PassStateEntered', { name: 'P' }],
  );
  const one = within(h.scope(6));
  expect(h.visits.filter(one!).map((v) => v.id)).toEqual([2, 7]);
  expect(within(undefined)).toBeUndefined();
  expect(statesAt(h, 7, one).get('P')).toMatchObject({ visits: 1, running: 1, last: h.visit(7) });
  expect(statesAt(h, 7).get('P')).toMatchObject({ visits: 2, running: 2 });
  expect(h.scope(5)).toBeUndefined();
  expect(h.visit(7)?.name).toBe('P');
  expect(h.visit(6)).toBeUndefined();
  expect(topOf(h.visit(7)!).name).toBe('M');
});

// random makes a history of nested Parallels, Maps, tries, catches, failures and redrives, as an execution could have it.
function random(seed: number, events: number): History {
  const next = () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff;
  const h = new History();
  const add = (type: string, prev: number, more: Partial<Event> = {}): number => {
    h.add([{ id: h.last + 1, prev, type, at: h.last * 10, ...more }]);
    return h.last;
  };
  const flow = (prev: number, depth: number): number => {
    let last = prev;
    for (let n = 1 + Math.floor(next() * 4); n > 0 && h.last < events; n--) {
      const name = `${depth}${Math.floor(next() * 5)}`;
      const kind = next();
      if (kind < 0.3 && depth < 3) {
        const map = kind < 0.15;
        const type = map ? 'Map' : 'Parallel';
        last = add(`${type}StateEntered`, last, { name });
        const started = (last = add(`${type}StateStarted`, last, { length: 3 }));
        for (let i = 0; i < 3; i++) {
          const begun = map ? add('MapIterationStarted', started, { name, index: i }) : started;
          last = flow(begun, depth + 1);
          if (map) last = add('MapIterationSucceeded', last, { name, index: i });
        }
        last = add(`${type}StateSucceeded`, last);
        last = add(`${type}StateExited`, last, { name });
      } else if (kind < 0.6) {
        last = add('TaskStateEntered', last, { name });
        last = add('TaskScheduled', last);
        if (next() < 0.4) {
          last = add('TaskFailed', last, { error: 'E' });
          if (next() < 0.5) last = add('TaskSucceeded', add('TaskScheduled', last));
        } else last = add('TaskSucceeded', last);
        last = add('TaskStateExited', last, { name });
      } else last = add('PassStateExited', add('PassStateEntered', last, { name }), { name });
    }
    return last;
  };
  let last = add('ExecutionStarted', 0);
  while (h.last < events) last = flow(last === 1 ? 0 : last, 0);
  if (next() < 0.5) add('ExecutionSucceeded', last);
  else {
    add('TaskStateEntered', last, { name: 'end' });
    add('TaskScheduled', h.last);
    add('TaskFailed', h.last, { error: 'E' });
    add('ExecutionFailed', h.last, { error: 'E' });
    add('ExecutionRedriven', h.last);
    add('TaskScheduled', h.last);
    add('TaskSucceeded', h.last);
    add('TaskStateExited', h.last, { name: 'end' });
    add('ExecutionSucceeded', h.last);
  }
  return h;
}

test('what is kept along the way is what is counted from the start', () => {
  for (let seed = 1; seed <= 12; seed++) {
    const h = random(seed, 900);
    for (let at = 0; at <= h.last; at += seed % 2 === 0 ? 7 : 13) {
      const kept = statesAt(h, at);
      expect(kept).toEqual(statesAt(h, at, () => true));
      expect(takenAt(h, at)).toEqual(takenAt(h, at, () => true));
      for (const [name, view] of kept) {
        const entered = h.visits.filter((v) => v.name === name && v.id <= at);
        expect([view.visits, view.running, view.last]).toEqual([entered.length, entered.filter((v) => statusAt(v, at) === 'RUNNING').length, entered.at(-1)]);
      }
    }
    expect(h.visits.every((v) => v.end !== undefined && v.status !== 'RUNNING')).toBe(true);
  }
});

test('25,000 events are folded, and looked into, without a stall', () => {
  const events: Event[] = [{ id: 1, prev: 0, type: 'ExecutionStarted', at: 0 }];
  while (events.length < 25_000) {
    const id = events.length + 1;
    const type = id % 2 === 0 ? 'PassStateEntered' : 'PassStateExited';
    events.push({ id, prev: id - 1, type, at: id, name: `S${(id >> 1) % 30}` });
  }
  const h = new History();
  const start = performance.now();
  h.add(events);
  const folded = performance.now();
  for (let i = 0; i < 1_000; i++) statesAt(h, (i * 7_919) % 25_000);
  const seek = (performance.now() - folded) / 1_000;
  expect(h.visits.length).toBe(12_500);
  expect(folded - start).toBeLessThan(1_000);
  expect(seek).toBeLessThan(5); // 0.03 on a machine that does nothing else
});
