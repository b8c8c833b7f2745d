import type { StateView } from '../history/at';
import { statusWord } from '../parts/Status';
import { formatDuration } from '../parts/time';

// How a state stands, in words.

const symbols: Record<string, string> = { SUCCEEDED: '✓', RUNNING: '●', WAITING: '◷', RETRYING: '↻', FAILED: '✗', TIMED_OUT: '✗', CAUGHT: '!', ABORTED: '■' };

const besides = 52; // px of a node that are not for words
const letter = 6.1; // px, of a bold one

function itemsOf(view: StateView): string | undefined {
  const { items } = view;
  return items && `${items.succeeded}/${items.total} ✓${items.failed ? ` ${items.failed} ✗` : ''}`;
}

// doing: the last visit alone waits; of others beside it some may run.
const doing = (view: StateView) => (view.running > 1 ? view.status : view.doing);

// statusLine is the second line of a state in an execution: symbol, word and figures, as many as there is room for.
export function statusLine(view: StateView, width: number): string {
  const symbol = symbols[doing(view)] ?? '';
  const items = itemsOf(view);
  const room = (width - besides) / letter;
  let line = `${symbol} ${statusWord(doing(view))}`;
  if (items && line.length + 3 + items.length > room) return items;
  for (const part of [items, view.status === 'RUNNING' ? undefined : formatDuration(view.time)]) {
    if (part && line.length + 3 + part.length <= room) line += ` · ${part}`;
  }
  return line;
}

// statusFull is all of it, for titles and for those who do not see the picture.
export function statusFull(view: StateView, share?: number): string {
  const parts = [statusWord(doing(view)), itemsOf(view)];
  if (view.attempts > 1) parts.push(`${view.attempts} attempts`);
  if (view.visits > 1) parts.push(`entered ${view.visits} times`);
  if (view.status !== 'RUNNING') parts.push(formatDuration(view.time));
  if (share !== undefined && share >= 0.01) parts.push(`${Math.round(share * 100)} % of the time`);
  return parts.filter(Boolean).join(' · ');
}
