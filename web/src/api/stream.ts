import { useEffect, useRef, useSyncExternalStore } from 'react';
import { queryClient } from '../app/queries';
import { Hub, type Message } from './hub';
import type { StreamExecution, StreamList, StreamOverview } from './model';

// The tab's end of the live stream: what it shows, and who listens.

interface Topics {
  overview: StreamOverview;
  list: StreamList;
  [execution: `x:${string}`]: StreamExecution;
}

type Listener = (data: unknown) => void;

const listeners = new Map<string, Set<Listener>>();
const watchers = new Set<() => void>();
let up = true;

function take(message: Message): void {
  switch (message.kind) {
    case 'connection':
      up = message.up;
      watchers.forEach((watcher) => watcher());
      return;
    case 'resync':
      void queryClient.invalidateQueries();
      return;
    default:
      listeners.get(message.topic)?.forEach((listener) => listener(message.data));
  }
}

// Link is the way to the hub.
type Link = (topics: string[]) => void;

function viaWorker(): Link {
  const worker = new SharedWorker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'statelark' });
  worker.port.onmessage = ({ data }: MessageEvent<Message>) => take(data);
  worker.port.start();
  return (topics) => worker.port.postMessage(topics);
}

// viaLeader is for browsers without SharedWorker: the tab that has the lock holds the stream for the others.
function viaLeader(): Link {
  const channel = new BroadcastChannel('statelark');
  const me = crypto.randomUUID();
  let mine: string[] = [];
  let hub: Hub<string> | undefined;
  const toTab = (tab: string, message: Message) => (tab === me ? take(message) : channel.postMessage({ to: tab, message }));
  channel.onmessage = ({ data }: MessageEvent<{ to?: string; message?: Message; from?: string; topics?: string[]; lead?: boolean }>) => {
    if (data.to === me && data.message) take(data.message);
    if (data.from && data.topics) hub?.show(data.from, data.topics);
    if (data.lead) channel.postMessage({ from: me, topics: mine });
  };
  void navigator.locks.request('statelark.stream', () => {
    hub = new Hub((url) => new EventSource(url), toTab);
    hub.show(me, mine);
    channel.postMessage({ lead: true });
    return new Promise(() => {}); // until the tab closes
  });
  return (topics) => {
    mine = topics;
    if (hub) hub.show(me, topics);
    else channel.postMessage({ from: me, topics });
  };
}

let link: Link | undefined;
let asleep = false;

function show(): void {
  link ??= typeof SharedWorker === 'function' ? viaWorker() : viaLeader();
  link(asleep ? [] : [...listeners.keys()]);
}

// A tab that nobody has looked at for a minute shows nothing. What it missed is read again.
const sleepAfter = 60_000;
let sleeping: ReturnType<typeof setTimeout> | undefined;
if (typeof document !== 'undefined') {
  document.addEventListener('visibilitychange', () => {
    clearTimeout(sleeping);
    if (document.hidden) {
      sleeping = setTimeout(() => {
        asleep = true;
        if (link) show();
      }, sleepAfter);
    } else if (asleep) {
      asleep = false;
      show();
      void queryClient.invalidateQueries();
    }
  });
  window.addEventListener('pagehide', () => link?.([]));
  window.addEventListener('pageshow', (event) => event.persisted && show());
}

// listen has a listener hear a topic until the function it returns is called.
export function listen<T extends keyof Topics & string>(topic: T, listener: (data: Topics[T]) => void): () => void {
  const all = listeners.get(topic) ?? new Set();
  listeners.set(topic, all);
  all.add(listener as Listener);
  if (all.size === 1) show();
  return () => {
    all.delete(listener as Listener);
    if (all.size === 0) {
      listeners.delete(topic);
      show();
    }
  };
}

// useTopic hears a topic while the component is there; undefined hears none.
export function useTopic<T extends keyof Topics & string>(topic: T | undefined, listener: (data: Topics[T]) => void): void {
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => (topic ? listen(topic, (data) => latest.current(data)) : undefined), [topic]);
}

// useConnection tells whether the stream is up.
export function useConnection(): boolean {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => up,
  );
}
