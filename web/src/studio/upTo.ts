import { read, valueAt } from './document';
import { set } from './edit';
import { lead } from './operations';
import { type Place, placeOf, referencesIn, stateAt, typeAt } from './states';

// outermost returns the state of the top level that a state is in, or is.
export function outermost(place: Place): Place {
  return placeOf([], String(place.path[1]));
}

// upTo cuts a workflow off after a state of its top level: what comes after it is not there any more, and an error of it
// is that of the execution.
export function upTo(text: string, place: Place): string {
  const last = outermost(place);
  text = set(text, [...last.path, 'Catch'], undefined);
  const state = stateAt(read(text), last);
  if (typeAt(read(text), last) === 'Choice') {
    // Which way it goes is of no interest any more: what it gives on is its input.
    const { Choices: _, Default: __, Type: ___, ...rest } = state;
    text = set(text, last.path, { Type: 'Pass', ...rest, End: true });
  } else text = lead(text, last, undefined);
  return pruned(text);
}

// pruned takes the states of the top level away that nothing leads to.
function pruned(text: string): string {
  const tree = read(text);
  const refs = referencesIn(tree, []);
  const reached = new Set<string>();
  const open = [String(valueAt(tree, ['StartAt']))];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    open.push(...refs.filter((r) => r.from === name && r.to !== undefined).map((r) => r.to!));
  }
  const names = Object.keys((valueAt(tree, ['States']) ?? {}) as object);
  return names.filter((n) => !reached.has(n)).reduce((t, n) => set(t, ['States', n], undefined), text);
}
