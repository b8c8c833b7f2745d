import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Hub, type Message, type Source } from './hub';

class Fake implements Source {
  onopen: Source['onopen'] = null;
  onerror: Source['onerror'] = null;
  readyState = 1;
  closed = false;
  private readonly listeners = new Map<string, (event: MessageEvent<string>) => void>();
  constructor(readonly url: string) {}
  addEventListener(name: string, listener: (event: MessageEvent<string>) => void): void {
    this.listeners.set(name, listener);
  }
  close(): void {
    this.closed = true;
  }
  say(name: string, id: string, data: unknown): void {
    this.listeners.get(name)?.({ lastEventId: id, data: JSON.stringify(data) } as MessageEvent<string>);
  }
}

let sources: Fake[];
let told: [tab: string, message: Message][];
let hub: Hub<string>;

beforeEach(() => {
  vi.useFakeTimers();
  sources = [];
  told = [];
  hub = new Hub<string>(
    (url) => {
      const source = new Fake(url);
      sources.push(source);
      return source;
    },
    (tab, message) => told.push([tab, message]),
  );
});
afterEach(() => vi.useRealTimers());

const open = () => sources.filter((s) => !s.closed);
const news = () => told.filter(([, m]) => m.kind !== 'connection');

it('has one stream for all tabs, with the topics of all', () => {
  hub.show('a', ['list']);
  hub.show('b', ['overview', 'list']);
  expect(open().map((s) => s.url)).toEqual(['/api/stream?topics=list%2Coverview']);
});

it('tells a tab of its own topics alone, and all of a resync', () => {
  hub.show('a', ['list']);
  hub.show('b', ['x:arn:1']);
  const [source] = open();
  source!.say('list', '1', { executions: [] });
  source!.say('x', '2', { execution: { arn: 'arn:1' }, events: [] });
  source!.say('x', '3', { execution: { arn: 'arn:2' }, events: [] });
  source!.say('resync', '4', { reason: 'behind' });
  expect(news().map(([tab, m]) => `${tab} ${m.kind}`)).toEqual(['a list', 'b x', 'a resync', 'b resync']);
});

it('goes on behind the last event when the topics change', () => {
  hub.show('a', ['list']);
  open()[0]!.say('list', '17', { executions: [] });
  hub.show('b', ['overview']);
  expect(open()[0]!.url).toBe('/api/stream?topics=list%2Coverview&after=17&new=overview');
  open()[0]!.say('list', '19', { executions: [] });
  hub.show('b', []);
  expect(open()[0]!.url).toBe('/api/stream?topics=list&after=19');
});

it('goes on behind where the stream began when nothing has happened', () => {
  hub.show('a', ['list']);
  open()[0]!.say('hello', '5', {});
  hub.show('a', ['overview']);
  expect(open()[0]!.url).toBe('/api/stream?topics=overview&after=5&new=overview');
  expect(news()).toEqual([]);
});

it('keeps the stream when a tab shows what others do', () => {
  hub.show('a', ['list']);
  hub.show('b', ['list']);
  hub.show('a', []);
  expect(sources).toHaveLength(1);
  expect(open()).toHaveLength(1);
});

it('closes when nobody shows anything, and begins anew after that', () => {
  hub.show('a', ['list']);
  open()[0]!.say('list', '17', { executions: [] });
  hub.show('a', []);
  expect(open()).toHaveLength(0);
  hub.show('a', ['list']);
  expect(open()[0]!.url).toBe('/api/stream?topics=list');
});

it('connects again where the browser does not', () => {
  hub.show('a', ['list']);
  const [first] = open();
  first!.readyState = 2;
  first!.onerror?.(new Event('error'));
  expect(told.at(-1)).toEqual(['a', { kind: 'connection', up: false }]);
  vi.advanceTimersByTime(5_000);
  expect(first!.closed).toBe(true);
  expect(open()).toHaveLength(1);
  open()[0]!.onopen?.(new Event('open'));
  expect(told.at(-1)).toEqual(['a', { kind: 'connection', up: true }]);
});
