import { paths } from './navigation';

// Command is something that the palette offers.
export interface Command {
  id: string;
  text: string;
  kind: string; // what it is, in a word or two
  path?: string; // the page that it shows, or
  act?: () => void; // what it does
}

export const pageCommands: Command[] = [
  ['Overview', paths.overview],
  ['State machines', paths.machines],
  ['Executions', paths.executions()],
  ['Executions that failed', paths.executions('status:FAILED,TIMED_OUT,ABORTED')],
  ['Executions that run', paths.executions('status:RUNNING')],
  ['Open tasks', '/tasks'],
  ['Activities', '/activities'],
  ['Services', '/services'],
  ['Studio', '/studio'],
  ['New state machine', '/machines/new'],
  ['Playground', '/playground'],
  ['Samples', '/samples'],
  ['Settings', '/settings'],
].map(([text, path]) => ({ id: path!, text: text!, kind: 'page', path }));

// score tells how well a text fits what was typed: its letters in order, better at beginnings of words and in a row; 0 is not
// at all.
export function score(text: string, typed: string): number {
  const lower = text.toLowerCase();
  let total = 0;
  let at = -1;
  for (const c of typed.toLowerCase().replace(/\s+/g, '')) {
    const next = lower.indexOf(c, at + 1);
    if (next < 0) return 0;
    total += next === at + 1 ? 3 : /[\s\-_/.]/.test(lower[next - 1] ?? ' ') ? 2 : 1;
    at = next;
  }
  return total - text.length / 1_000;
}

// matching returns the commands that fit, the best first.
export function matching(commands: Command[], typed: string, most: number): Command[] {
  if (!typed.trim()) return commands.slice(0, most);
  return commands
    .map((command) => ({ command, points: score(command.text, typed) }))
    .filter(({ points }) => points > 0)
    .sort((a, b) => b.points - a.points)
    .slice(0, most)
    .map(({ command }) => command);
}

// typedCommands are what the text itself may be: something with a page, or something to look for.
export function typedCommands(typed: string): Command[] {
  const text = typed.trim();
  if (!text) return [];
  if (/arn:aws|executions\/details|^https?:/.test(text)) return [{ id: 'arn', text, kind: 'open', path: `/arn/${encodeURIComponent(text)}` }];
  return [{ id: 'search', text: `Executions: ${text}`, kind: 'search', path: paths.executions(text) }];
}
