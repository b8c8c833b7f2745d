import type { StreamExecution } from './model';

// The live stream of a browser. A browser has six connections to a server, so all its tabs share one stream: the hub owns
// it, in a SharedWorker or in the tab that leads, and the tabs tell it which topics they show.

// Message is what a hub tells a tab.
export type Message =
  | { kind: 'overview' | 'list' | 'x' | 'resync'; topic: string; data: unknown }
  | { kind: 'connection'; up: boolean };

// Source is the part of an EventSource that a hub needs.
export interface Source {
  addEventListener(name: string, listener: (event: MessageEvent<string>) => void): void;
  onopen: ((event: Event) => void) | null;
  onerror: ((event: Event) => void) | null;
  close(): void;
  readonly readyState: number;
}

const names = ['overview', 'list', 'x', 'resync'] as const;
const closed = 2; // EventSource.CLOSED

export class Hub<Tab> {
  private readonly tabs = new Map<Tab, Set<string>>();
  private source: Source | undefined;
  private shown = '';
  private last = '';
  private up = false;
  private retry: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly open: (url: string) => Source,
    private readonly tell: (tab: Tab, message: Message) => void,
  ) {}

  // show says which topics a tab shows now; none when it is gone.
  show(tab: Tab, topics: string[]): void {
    if (topics.length === 0) this.tabs.delete(tab);
    else this.tabs.set(tab, new Set(topics));
    if (topics.length > 0) this.tell(tab, { kind: 'connection', up: this.up });
    this.connect();
  }

  private connect(): void {
    const topics = [...new Set([...this.tabs.values()].flatMap((set) => [...set]))].sort().join(',');
    if (topics === this.shown) return;
    const before = new Set(this.shown.split(','));
    const fresh = topics.split(',').filter((topic) => !before.has(topic));
    this.shown = topics;
    this.reopen(fresh);
  }

  // reopen connects with the topics shown. Nothing has been missed of those that are fresh: their pages read them now.
  private reopen(fresh: string[] = []): void {
    clearTimeout(this.retry);
    this.source?.close();
    this.source = undefined;
    if (!this.shown) {
      this.last = ''; // what happens meanwhile is read again, not caught up with
      return;
    }
    const query = new URLSearchParams({ topics: this.shown });
    if (this.last) query.set('after', this.last);
    if (this.last && fresh.length > 0) query.set('new', fresh.join(','));
    const source = this.open(`/api/stream?${query}`);
    this.source = source;
    source.onopen = () => this.connection(true);
    source.onerror = () => {
      this.connection(false);
      // A browser connects again by itself unless the server refused.
      if (source.readyState === closed) this.retry = setTimeout(() => this.reopen(), 5_000);
    };
    source.addEventListener('hello', (event) => {
      this.last = event.lastEventId;
    });
    for (const name of names) source.addEventListener(name, (event) => this.heard(name, event));
  }

  private connection(up: boolean): void {
    this.up = up;
    for (const tab of this.tabs.keys()) this.tell(tab, { kind: 'connection', up });
  }

  private heard(name: (typeof names)[number], event: MessageEvent<string>): void {
    if (event.lastEventId) this.last = event.lastEventId;
    const data: unknown = JSON.parse(event.data);
    const topic = name === 'x' ? `x:${(data as StreamExecution).execution.arn}` : name;
    for (const [tab, topics] of this.tabs) {
      if (name === 'resync' || topics.has(topic)) this.tell(tab, { kind: name, topic, data });
    }
  }
}
