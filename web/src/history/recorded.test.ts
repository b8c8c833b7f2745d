/// <reference types="node" />
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Event } from '../api/model';
import { statesAt, takenAt } from './at';
import { History, type Visit } from './fold';

// Histories that AWS gave, folded: what the fold says must be possible by the definition.

const folder = new URL('../../../../shared/conformance/open/', import.meta.url);

interface Recorded {
  id: number;
  previousEventId: number;
  type: string;
  [details: string]: unknown;
}

interface Flow {
  StartAt: string;
  States: Record<string, State>;
}

interface State {
  Type: string;
  Next?: string;
  Default?: string;
  Choices?: { Next: string }[];
  Catch?: { Next: string }[];
  Branches?: Flow[];
  Iterator?: Flow;
  ItemProcessor?: Flow;
}

// historiesIn finds all histories in what was recorded.
function historiesIn(value: unknown): Recorded[][] {
  if (Array.isArray(value)) return value.flatMap(historiesIn);
  if (typeof value !== 'object' || value === null) return [];
  const { events } = value as { events?: Recorded[] };
  if (Array.isArray(events) && typeof events[0]?.type === 'string') return [events];
  return Object.values(value).flatMap(historiesIn);
}

function compact(e: Recorded): Event {
  const details = Object.entries(e).find(([name]) => name.endsWith('Details') && !name.startsWith('executionStarted'))?.[1] as Record<string, unknown> | undefined;
  const text = (name: string) => (typeof details?.[name] === 'string' ? (details[name] as string) : undefined);
  const count = (name: string) => (typeof details?.[name] === 'number' ? (details[name] as number) : undefined);
  return { id: e.id, prev: e.previousEventId, type: e.type, at: e.id * 10, name: text('name'), error: text('error'), cause: text('cause'), mapRun: text('mapRunArn'), index: count('index'), length: count('length') };
}

// flowOf is the part of a definition that a visit is in.
function flowOf(top: Flow, visit: Visit): Flow | undefined {
  const { scope } = visit;
  if (!scope.container) return top;
  const state = flowOf(top, scope.container)?.States[scope.container.name];
  if (scope.kind === 'iteration') return state?.ItemProcessor ?? state?.Iterator;
  return state?.Branches?.find((b) => b.StartAt === scope.visits[0]?.name);
}

function leadsTo(state: State | undefined, how: 'next' | 'catch'): (string | undefined)[] {
  if (how === 'catch') return state?.Catch?.map((c) => c.Next) ?? [];
  return [state?.Next, state?.Default, ...(state?.Choices ?? []).map((c) => c.Next)];
}

const machine = /^\{[\s\S]*"StartAt"/;

describe.skipIf(!existsSync(folder))('a history that AWS gave', () => {
  const cases = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];
  it('is folded to what its definition allows', () => {
    let folded = 0;
    for (const name of cases) {
      const recorded = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as { definition?: Flow | string; expected?: unknown };
      const definition = typeof recorded.definition === 'string' && machine.test(recorded.definition) ? (JSON.parse(recorded.definition) as Flow) : recorded.definition;
      const histories = historiesIn(recorded.expected);
      if (typeof definition !== 'object' || histories.length !== 1) continue;
      const events = histories[0]!.map(compact).sort((a, b) => a.id - b.id);
      if (events.some((e, i) => e.id !== i + 1)) continue;
      folded++;
      check(name, definition, events);
    }
    expect(folded).toBeGreaterThan(200);
  });
});

function check(name: string, definition: Flow, events: Event[]): void {
  const h = new History();
  h.add(events);
  expect(h.visits.length, name).toBe(events.filter((e) => e.type.endsWith('StateEntered')).length);
  const exits = events.filter((e) => e.type.endsWith('StateExited'));
  expect(h.visits.filter((v) => v.exited !== undefined).map((v) => v.exited).sort((a, b) => a! - b!), name).toEqual(exits.map((e) => e.id));
  for (const v of h.visits) {
    const flow = flowOf(definition, v);
    expect(flow?.States[v.name]?.Type, `${name}: ${v.name}`).toBe(v.type);
    if (!v.before) expect(flow?.StartAt, `${name}: ${v.name}`).toBe(v.name);
    else expect(leadsTo(flow?.States[v.before.name], v.before.status === 'CAUGHT' ? 'catch' : 'next'), `${name}: ${v.before.name} to ${v.name}`).toContain(v.name);
    if (h.ended) expect([v.end !== undefined, v.status === 'RUNNING'], `${name}: ${v.name}`).toEqual([true, false]);
    if (h.ended && h.top.status === 'SUCCEEDED' && !v.scope.container) expect(['SUCCEEDED', 'CAUGHT'], `${name}: ${v.name}`).toContain(v.status);
  }
  for (let at = 0; at <= h.last; at++) {
    expect(statesAt(h, at), name).toEqual(statesAt(h, at, () => true));
    expect(takenAt(h, at), name).toEqual(takenAt(h, at, () => true));
  }
}
