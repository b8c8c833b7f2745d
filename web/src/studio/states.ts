import type { JSONPath } from 'jsonc-parser';
import { isObject, type Json, type JsonObject, keysAt, objectAt, pathOf, pointerOf, type Tree, valueAt } from './document';

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
    if (isScope(tree, place.scope) && objectAt(tree, place.path)) return place;
  }
  return undefined;
}

function isScope(tree: Tree, scope: Scope): boolean {
  const last = scope.at(-1);
  return scope.length === 0 || last === 'ItemProcessor' || last === 'Iterator' || (typeof last === 'number' && objectAt(tree, scope) !== undefined);
}

// scopesIn returns the scopes directly in a state.
export function scopesIn(tree: Tree, path: JSONPath): Scope[] {
  const state = objectAt(tree, path);
  const branches = Array.isArray(state?.Branches) ? state.Branches.map((_, i) => [...path, 'Branches', i]) : [];
  const processors = ['ItemProcessor', 'Iterator'].filter((f) => isObject(state?.[f])).map((f) => [...path, f]);
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
  const type = stateAt(tree, place).Type;
  return typeof type === 'string' ? type : '';
}

export function machineLanguage(tree: Tree): Language {
  return valueAt(tree, ['QueryLanguage']) === 'JSONata' ? 'JSONata' : 'JSONPath';
}

export function languageAt(tree: Tree, place: Place): Language {
  const own = stateAt(tree, place).QueryLanguage;
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
  const state = stateAt(tree, place);
  const out: Reference[] = [];
  if (state.Type === 'Choice') {
    out.push(...listed([...path, 'Choices'], name, state.Choices, 'choice'));
    if ('Default' in state) out.push(reference([...path, 'Default'], name, text(state.Default), 'default'));
  } else if ('Next' in state) {
    out.push(reference([...path, 'Next'], name, text(state.Next), 'next'));
  } else if (!endTypes.has(String(state.Type))) {
    out.push(reference([...path, 'End'], name, undefined, 'next'));
  }
  return [...out, ...listed([...path, 'Catch'], name, state.Catch, 'catch')];
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
