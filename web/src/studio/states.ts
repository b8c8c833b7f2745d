import type { JSONPath } from 'jsonc-parser';
import { at, isObject, type Json, type JsonObject, keysAt, objectAt, pathOf, pointerOf, type Tree, valueAt } from './document';

export type StateType = 'Task' | 'Choice' | 'Parallel' | 'Map' | 'Pass' | 'Wait' | 'Succeed' | 'Fail';
export type Language = 'JSONPath' | 'JSONata';

// A scope is a path to an object with StartAt and States: the machine ([]), a branch, the processor of a Map.
export type Scope = JSONPath;

// Place is a state: its pointer is also the id of its node in a layout.
export interface Place {
  scope: Scope;
  name: string;
  path: JSONPath;
  pointer: string;
}

export function placeOf(scope: Scope, name: string): Place {
  const path = [...scope, 'States', name];
  return { scope, name, path, pointer: pointerOf(path) };
}

// placeAt reads the pointer of a state, or of something in it. Undefined: it is in none.
export function placeAt(tree: Tree, pointer: string): Place | undefined {
  const path = pathOf(pointer);
  for (let i = path.length - 1; i > 0; i--) {
    if (path[i - 1] !== 'States') continue;
    const place = placeOf(path.slice(0, i - 1), String(path[i]));
    if (isScope(tree, place.scope) && at(tree, place.path)?.type === 'object') return place;
  }
  return undefined;
}

function isScope(tree: Tree, scope: Scope): boolean {
  const last = scope.at(-1);
  return scope.length === 0 || last === 'ItemProcessor' || last === 'Iterator' || (typeof last === 'number' && at(tree, scope)?.type === 'object');
}

// scopesIn returns the scopes directly in a state.
export function scopesIn(tree: Tree, path: JSONPath): Scope[] {
  const list = at(tree, [...path, 'Branches']);
  const branches = list?.type === 'array' ? (list.children ?? []).map((_, i) => [...path, 'Branches', i]) : [];
  const processors = ['ItemProcessor', 'Iterator'].map((f) => [...path, f]).filter((p) => at(tree, p)?.type === 'object');
  return [...branches, ...processors];
}

// placesIn returns the states of a scope in the order of the text, each followed by what is in it.
export function placesIn(tree: Tree, scope: Scope = []): Place[] {
  return keysAt(tree, [...scope, 'States']).flatMap((name) => {
    const place = placeOf(scope, name);
    return [place, ...scopesIn(tree, place.path).flatMap((s) => placesIn(tree, s))];
  });
}

export function stateAt(tree: Tree, place: Place): JsonObject {
  return objectAt(tree, place.path) ?? {};
}

export function typeAt(tree: Tree, place: Place): string {
  const type = valueAt(tree, [...place.path, 'Type']);
  return typeof type === 'string' ? type : '';
}

export function machineLanguage(tree: Tree): Language {
  return valueAt(tree, ['QueryLanguage']) === 'JSONata' ? 'JSONata' : 'JSONPath';
}

export function languageAt(tree: Tree, place: Place): Language {
  const own = valueAt(tree, [...place.path, 'QueryLanguage']);
  return own === 'JSONata' || own === 'JSONPath' ? own : machineLanguage(tree);
}

// Reference is a field that names the state that comes next. to is undefined at an End.
export interface Reference {
  path: JSONPath; // of the field: …/Next, …/Default, …/StartAt or …/End
  pointer: string;
  from: string | undefined; // undefined: the start of the scope
  to: string | undefined;
  kind: 'start' | 'next' | 'choice' | 'default' | 'catch';
}

const text = (v: Json | undefined) => (typeof v === 'string' ? v : undefined);

function reference(path: JSONPath, from: string | undefined, to: string | undefined, kind: Reference['kind']): Reference {
  return { path, pointer: pointerOf(path), from, to, kind };
}

// listed returns the references of the entries of Choices or Catch.
function listed(path: JSONPath, name: string, list: Json | undefined, kind: 'choice' | 'catch'): Reference[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry, i) => (isObject(entry) ? [reference([...path, i, 'Next'], name, text(entry.Next), kind)] : []));
}

export const endTypes = new Set(['Succeed', 'Fail']);

export function referencesOf(tree: Tree, place: Place): Reference[] {
  const { path, name } = place;
  const field = (f: string) => valueAt(tree, [...path, f]);
  const has = (f: string) => at(tree, [...path, f]) !== undefined;
  const type = field('Type');
  const out: Reference[] = [];
  if (type === 'Choice') {
    out.push(...listed([...path, 'Choices'], name, field('Choices'), 'choice'));
    if (has('Default')) out.push(reference([...path, 'Default'], name, text(field('Default')), 'default'));
  } else if (has('Next')) {
    out.push(reference([...path, 'Next'], name, text(field('Next')), 'next'));
  } else if (!endTypes.has(String(type))) {
    out.push(reference([...path, 'End'], name, undefined, 'next'));
  }
  return [...out, ...listed([...path, 'Catch'], name, field('Catch'), 'catch')];
}

// referencesIn returns those of a scope, its start first.
export function referencesIn(tree: Tree, scope: Scope): Reference[] {
  const start = reference([...scope, 'StartAt'], undefined, text(valueAt(tree, [...scope, 'StartAt'])), 'start');
  const states = keysAt(tree, [...scope, 'States']).map((name) => placeOf(scope, name));
  return [start, ...states.flatMap((p) => referencesOf(tree, p))];
}

// successorOf returns what comes after a state when all goes well, undefined at an end.
export function successorOf(tree: Tree, place: Place): string | undefined {
  const refs = referencesOf(tree, place);
  const plain = refs.find((r) => r.kind === 'next') ?? refs.find((r) => r.kind === 'default') ?? refs.find((r) => r.kind === 'choice');
  return plain?.to === place.name ? undefined : plain?.to;
}
