// The language in which executions are looked for, as far as a search bar needs it: the server parses it.

// Field is what a query can ask of an execution.
export interface Field {
  name: string;
  text: string; // what it is
  op: string; // that people mostly use
  values?: string[];
}

export const statuses = ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'PENDING_REDRIVE'];

export const fields: Field[] = [
  { name: 'status', text: 'how it stands', op: ':', values: statuses },
  { name: 'machine', text: 'name of the state machine', op: ':' },
  { name: 'name', text: 'name of the execution', op: ':' },
  { name: 'error', text: 'why it failed', op: ':', values: ['States.Timeout', 'States.TaskFailed', 'States.DataLimitExceeded', 'States.Runtime'] },
  { name: 'started', text: 'time, or how long ago', op: '>', values: ['15m', '1h', '24h', '7d'] },
  { name: 'stopped', text: 'time, or how long ago', op: '>', values: ['15m', '1h', '24h', '7d'] },
  { name: 'duration', text: 'how long it took', op: '>', values: ['1s', '10s', '1m', '1h'] },
  { name: 'input.', text: 'a value in its input', op: '' },
  { name: 'output.', text: 'a value in its output', op: '' },
  { name: 'alias', text: 'alias it was started with', op: ':' },
  { name: 'version', text: 'version it runs', op: ':' },
  { name: 'maprun', text: 'Map Run it is a child of', op: ':' },
  { name: 'redrives', text: 'how often it was redriven', op: '>', values: ['0'] },
  { name: 'events', text: 'length of its history', op: '>', values: ['1000'] },
];

// Span is a part of a text.
export interface Span {
  start: number;
  end: number;
}

// words cuts a query at its spaces; what is in quotes stays whole.
export function words(q: string): Span[] {
  const found: Span[] = [];
  let start = -1;
  let quoted = false;
  for (let i = 0; i <= q.length; i++) {
    const c = q[i];
    const space = c === undefined || (!quoted && /\s/.test(c));
    if (c === '"' && q[i - 1] !== '\\') quoted = !quoted;
    if (!space && start < 0) start = i;
    if (space && start >= 0) {
      found.push({ start, end: i });
      start = -1;
    }
  }
  return found;
}

// Completion is a way to go on.
export interface Completion {
  value: string; // the whole query then
  label: string;
  description?: string;
  group: string;
}

// complete returns how the last word of a query can go on: a name of a field, or one of its values.
export function complete(q: string, machines: string[]): Completion[] {
  const last = words(q).at(-1);
  const start = last && last.end === q.length ? last.start : q.length;
  const before = q.slice(0, start);
  const word = q.slice(start).replace(/^-/, '');
  const minus = q[start] === '-' ? '-' : '';
  const field = fields.find((f) => f.op && new RegExp(`^${f.name}(:|=|!=|[<>]=?)`, 'i').test(word));
  if (!field) {
    const lower = word.toLowerCase();
    return fields
      .filter((f) => f.name.startsWith(lower) && f.name !== lower)
      .map((f) => ({ value: before + minus + f.name + f.op, label: f.name + f.op, description: f.text, group: 'Ask for' }));
  }
  const op = /(:|!=|[<>]=?|=)/.exec(word)![0];
  const head = word.slice(0, word.indexOf(op) + op.length);
  const given = word.slice(head.length);
  const cut = given.lastIndexOf(',') + 1;
  const part = given.slice(cut).replace(/^"/, '').toLowerCase();
  const known = field.name === 'machine' ? machines : (field.values ?? []);
  return known
    .filter((v) => v.toLowerCase().includes(part) && !given.slice(0, cut).split(',').includes(v))
    .slice(0, 20)
    .map((v) => ({ value: before + minus + head + given.slice(0, cut) + quotedIfNeeded(v) + ' ', label: v, group: field.name }));
}

// quotedIfNeeded writes a value as the language takes it.
export function quotedIfNeeded(value: string): string {
  return /^[\w.-]+$/.test(value) ? value : JSON.stringify(value);
}

// valuesOf returns the values of the conditions field:a,b of a query.
export function valuesOf(q: string, field: string): string[] {
  return conditions(q, field).flatMap(({ start, end }) => q.slice(start + field.length + 1, end).split(','));
}

// withValues returns the query with one condition field:a,b in place of those that it has; without values there is none.
export function withValues(q: string, field: string, values: string[]): string {
  const gone = conditions(q, field);
  const kept = words(q)
    .filter((w) => !gone.some((g) => g.start === w.start))
    .map((w) => q.slice(w.start, w.end));
  return [...(values.length > 0 ? [`${field}:${values.join(',')}`] : []), ...kept].join(' ');
}

function conditions(q: string, field: string): Span[] {
  return words(q).filter((w) => q.slice(w.start, w.end).toLowerCase().startsWith(field + ':'));
}

// place turns bytes of UTF-8, as the server counts, into places in the text.
export function place(q: string, span: Span): Span {
  const bytes = new TextEncoder().encode(q);
  const at = (n: number) => new TextDecoder().decode(bytes.slice(0, n)).length;
  return { start: at(span.start), end: at(Math.max(span.end, span.start)) };
}

// both is a query for what two of them ask for.
export function both(a: string, b: string): string {
  if (!a.trim() || !b.trim()) return a.trim() || b.trim();
  return /\bOR\b/.test(b) ? `${a.trim()} (${b.trim()})` : `${a.trim()} ${b.trim()}`;
}
