import { isObject, type Json, type JsonObject, read, type Tree, valueAt } from './document';
import { cut, insertText, set } from './edit';
import { Names } from './names';
import { redirect } from './references';
import { rename } from './rename';
import { placeOf, placesIn, referencesIn, type Place, type Reference, type Scope } from './states';

// A fragment is the text of a scope of its own: {StartAt, States}. Its references to follow lead to what comes after it
// where it is put.
export const follow = '\u0000follow';

export function fragment(start: string, states: Record<string, JsonObject>): string {
  return JSON.stringify({ StartAt: start, States: states }, null, 2);
}

// single is the fragment of one state.
export function single(name: string, state: JsonObject): string {
  return fragment(name, { [name]: state });
}

// lifted is a state of a machine as a fragment: what it leads to is open, all else about it as it stands.
export function lifted(tree: Tree, place: Place): string {
  const empty = fragment(place.name, {});
  const text = insertText(empty, ['States', place.name], cut(tree, place.path), 0);
  return opened(text);
}

// opened leaves open what leads out of a fragment or to its end.
function opened(text: string): string {
  const tree = read(text);
  const names = new Set(Object.keys((valueAt(tree, ['States']) as JsonObject | undefined) ?? {}));
  const out = referencesIn(tree, []).filter((r) => r.kind !== 'start' && (r.to === undefined || !names.has(r.to)));
  return redirect(text, [], out, follow);
}

// parsed reads what somebody pasted: a machine or a branch, states by name, or one state. Undefined: it is none of these.
export function parsed(text: string): string | undefined {
  const tree = read(text);
  const value = tree.faults.length === 0 ? valueAt(tree, []) : undefined;
  if (!isObject(value)) return undefined;
  if (typeof value.Type === 'string') {
    return opened(insertText(fragment(value.Type, {}), ['States', value.Type], cut(tree, []), 0));
  }
  if (isObject(value.States) && typeof value.StartAt === 'string') {
    return opened(JSON.stringify({ StartAt: value.StartAt, States: value.States }, null, 2));
  }
  const names = Object.keys(value);
  if (names.length === 0 || !Object.values(value).every((s: Json) => isObject(s) && typeof s.Type === 'string')) return undefined;
  return opened(set(JSON.stringify({ StartAt: names[0] ?? '', States: {} }, null, 2), ['States'], value));
}

// Spot is where a fragment goes: what leads to it and what it leads to.
export interface Spot {
  scope: Scope;
  refs: Reference[];
  next: string | undefined;
  index: number; // among the States of the scope
}

// place puts a fragment at a spot, and returns the pointer of its first state with the text.
export function put(text: string, spot: Spot, piece: string): { text: string; select: string } {
  const names = new Names(read(text));
  for (const p of placesIn(read(piece)).reverse()) {
    const name = names.fresh(p.name);
    if (name !== p.name) piece = rename(piece, p, name, () => false);
  }
  const open = referencesIn(read(piece), []).filter((r) => r.to === follow);
  piece = redirect(piece, [], open, spot.next);
  const tree = read(piece);
  const start = String(valueAt(tree, ['StartAt']));
  if (!isObject(valueAt(read(text), [...spot.scope, 'States']))) text = set(text, [...spot.scope, 'States'], {});
  const states = Object.keys((valueAt(tree, ['States']) as JsonObject | undefined) ?? {});
  states.forEach((name, i) => {
    text = insertText(text, placeOf(spot.scope, name).path, cut(tree, ['States', name]), spot.index + i);
  });
  return { text: redirect(text, spot.scope, spot.refs, start), select: placeOf(spot.scope, start).pointer };
}
