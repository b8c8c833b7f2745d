import { describe, expect, it } from 'vitest';
import type { Event } from '../../api/model';
import { History } from '../../history/fold';
import { aligned, differenceOf } from './align';

// run makes a history in which the states are entered and left one after the other; "!" is a Fail.
function run(...names: string[]): History {
  const events: Event[] = [{ id: 1, prev: 0, type: 'ExecutionStarted', at: 0 }];
  const add = (type: string, more: Partial<Event>) => events.push({ id: events.length + 1, prev: events.length === 1 ? 0 : events.length, type, at: events.length, bytes: 5, ...more });
  for (const name of names) {
    if (name.startsWith('!')) add('FailStateEntered', { name: name.slice(1) });
    else {
      add('PassStateEntered', { name });
      add('PassStateExited', { name });
    }
  }
  const h = new History();
  h.add(events);
  return h;
}

describe('two runs', () => {
  it('are aligned by state and time', () => {
    const rows = aligned(run('A', 'B', 'A', 'C'), run('A', 'X', 'A', 'C', 'Y'));
    expect(rows.map((r) => [r.a?.name ?? '–', r.b?.name ?? '–'])).toEqual([
      ['A', 'A'],
      ['–', 'X'],
      ['B', '–'],
      ['A', 'A'],
      ['C', 'C'],
      ['–', 'Y'],
    ]);
    expect(rows.map((r) => differenceOf(r))).toEqual([undefined, 'missing', 'missing', undefined, undefined, 'missing']);
  });
  it('differ in what was read', () => {
    const row = aligned(run('A'), run('A'))[0]!;
    expect(differenceOf(row, new Map([[2, '1']]), new Map([[2, '1']]))).toBeUndefined();
    expect(differenceOf(row, new Map([[2, '1']]), new Map([[2, '2']]))).toBe('input');
    expect(differenceOf(row, new Map([[3, '1']]), new Map([[3, '2']]))).toBe('output');
    expect(differenceOf(row, new Map([[3, '1']]), undefined)).toBeUndefined();
  });
  it('may have nothing in common', () => {
    expect(aligned(run(), run('A')).map((r) => r.b?.name)).toEqual(['A']);
    expect(aligned(run(), run())).toEqual([]);
  });
});
