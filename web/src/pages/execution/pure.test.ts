import { describe, expect, it } from 'vitest';
import type { Event } from '../../api/model';
import { History } from '../../history/fold';
import { stateText, topStates } from './definition';
import { closedAtFirst, rowsOf, upTo } from './rows';
import { scaleOf } from './scale';
import { step } from './useKeys';

// mapped is a Map of n iterations of one state each, and a state after it.
function mapped(n: number): History {
  const events: Event[] = [];
  const add = (prev: number, type: string, more: Partial<Event> = {}) => events.push({ id: events.length + 1, prev, type, at: events.length * 1000, ...more });
  add(0, 'ExecutionStarted');
  add(0, 'MapStateEntered', { name: 'M' });
  add(2, 'MapStateStarted', { length: n });
  for (let i = 0; i < n; i++) {
    const begun = add(3, 'MapIterationStarted', { name: 'M', index: i });
    add(begun, 'PassStateEntered', { name: 'P' });
    add(begun + 1, 'PassStateExited', { name: 'P' });
    add(begun + 2, 'MapIterationSucceeded', { name: 'M', index: i });
  }
  add(events.length, 'MapStateSucceeded');
  add(events.length, 'MapStateExited', { name: 'M' });
  add(events.length, 'SucceedStateEntered', { name: 'S' });
  const h = new History();
  h.add(events);
  return h;
}

describe('rows', () => {
  const h = mapped(3);
  const names = (rows: ReturnType<typeof rowsOf>) => rows.map((r) => '  '.repeat(r.depth) + (r.kind === 'visit' ? r.visit.name : r.scope.index));
  it('are a tree', () => {
    expect(names(rowsOf(h, new Set()))).toEqual(['M', '  0', '    P', '  1', '    P', '  2', '    P', 'S']);
  });
  it('are fewer when something is closed, or one iteration is looked at', () => {
    expect(names(rowsOf(h, new Set(['v2'])))).toEqual(['M', 'S']);
    expect(names(rowsOf(h, new Set(['v2']), h.scope(8)))).toEqual(['M', '  1', '    P', 'S']);
  });
  it('are those that began up to a position', () => {
    expect(names(upTo(rowsOf(h, new Set()), 8))).toEqual(['M', '  0', '    P', '  1']);
  });
  it('of many iterations are closed until somebody opens them', () => {
    const many = mapped(30);
    expect([...closedAtFirst(many, new Set())]).toEqual(['v2']);
    expect([...closedAtFirst(many, new Set(['v2', 's5']))]).toEqual(['s5']);
  });
});

describe('steps', () => {
  it('go from state to state', () => {
    const h = mapped(1);
    expect([step(h, 1, 1), step(h, 2, 1), step(h, 5, -1), step(h, 2, -1), step(h, h.last, 1)]).toEqual([2, 5, 2, 1, h.last]);
  });
});

describe('a scale', () => {
  const busy = [
    { start: 0, stop: 1_000 },
    { start: 100_000, stop: 101_000 },
  ];
  it('cuts what is idle for long', () => {
    const s = scaleOf(0, 101_000, busy, true);
    expect(s.gaps).toHaveLength(1);
    expect(s.place(0)).toBe(0);
    expect(s.place(101_000)).toBe(1);
    expect(s.place(1_000)).toBeCloseTo(0.485);
    expect(s.place(100_000)).toBeCloseTo(0.515);
  });
  it('grows with time', () => {
    const s = scaleOf(0, 101_000, busy, true);
    let before = -1;
    for (let t = 0; t <= 101_000; t += 500) {
      expect(s.place(t)).toBeGreaterThan(before);
      before = s.place(t);
    }
  });
  it('is even when nothing is to be cut', () => {
    expect(scaleOf(0, 101_000, busy, false).place(50_500)).toBe(0.5);
    expect(scaleOf(0, 4_000, [{ start: 0, stop: 10 }, { start: 3_990, stop: 4_000 }], true).gaps).toEqual([]);
  });
});

describe('a definition', () => {
  const text = '{\n  "StartAt": "A",\n  "States": {\n    "A": {"Type": "Map", "ItemProcessor": {\n      "States": {\n        "In": {\n          "Type": "Pass",\n          "Result": 1.0\n        }\n      }\n    }},\n    "B": {"Type": "Succeed"}\n  }\n}';
  it('shows a state as it was written, whatever it is in', () => {
    expect(stateText(text, 'In')).toBe('{\n  "Type": "Pass",\n  "Result": 1.0\n}');
    expect(stateText(text, 'B')).toBe('{"Type": "Succeed"}');
    expect(stateText(text, 'C')).toBeUndefined();
  });
  it('lists the states of the top', () => {
    expect(topStates(text)).toEqual(['A', 'B']);
    expect(topStates('')).toEqual([]);
  });
});
