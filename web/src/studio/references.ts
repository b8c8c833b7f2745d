import { at, isObject, type Json, read, valueAt } from './document';
import { keyNode, replaceAll, set } from './edit';
import { Names } from './names';
import { placeOf, type Reference, type Scope } from './states';

// next puts a name, or an End, where a state has either.
function next(text: string, ref: Reference, to: string | undefined): string {
  const state = ref.path.slice(0, -1);
  const tree = read(text);
  const field = ['Next', 'End'].find((f) => at(tree, [...state, f]));
  const [key, value]: [string, Json] = to === undefined ? ['End', true] : ['Next', to];
  if (!field) return set(text, [...state, key], value);
  const name = keyNode(tree, [...state, field]);
  const node = at(tree, [...state, field]);
  if (!name || !node) return text;
  return replaceAll(text, [
    { node: name, value: JSON.stringify(key) },
    { node, value: JSON.stringify(value) },
  ]);
}

// drop takes away a rule, a catcher or a Default that leads nowhere any more. A list that is empty then goes, too.
function drop(text: string, ref: Reference): string {
  const entry = ref.kind === 'default' ? ref.path : ref.path.slice(0, -1);
  const list = valueAt(read(text), entry.slice(0, -1));
  const whole = ref.kind === 'catch' && Array.isArray(list) && list.length === 1;
  const path = whole ? entry.slice(0, -1) : entry;
  return set(text, path, undefined);
}

// redirect lets references lead to another state of their scope, or with undefined to its end. Rules of a Choice have no
// end to lead to: they get a Succeed state, which done names once it is there, or are dropped when onEnd says so.
export function redirect(text: string, scope: Scope, refs: Reference[], to: string | undefined, onEnd: 'done' | 'drop' = 'done'): string {
  let done: string | undefined;
  const target = (): string => {
    done ??= new Names(read(text)).fresh('Done');
    return done;
  };
  // From the last to the first, so that the indexes of those to come stay what they are.
  for (const ref of [...refs].reverse()) {
    if (ref.kind === 'start') text = set(text, ref.path, to ?? '');
    else if (ref.kind === 'next') text = next(text, ref, to);
    else if (to !== undefined) text = set(text, ref.path, to);
    else if (ref.kind === 'catch' || (onEnd === 'drop' && droppable(text, ref))) text = drop(text, ref);
    else text = set(text, ref.path, target());
  }
  return done === undefined ? text : set(text, placeOf(scope, done).path, { Type: 'Succeed' });
}

function droppable(text: string, ref: Reference): boolean {
  if (ref.kind === 'default') return true;
  const list = valueAt(read(text), ref.path.slice(0, -2));
  return Array.isArray(list) && list.filter(isObject).length > 1;
}

// same tells whether two references are of the same field: a Next is the End that it was.
export function sameReference(a: string, b: string): boolean {
  const plain = (p: string) => p.replace(/\/End$/, '/Next');
  return plain(a) === plain(b);
}

