import { isObject, type Json, type JsonObject, pointerOf, read, valueAt } from './document';
import { cut, indexOf, insert, insertText, set } from './edit';
import { follow, lifted, put, type Spot } from './fragment';
import { Names } from './names';
import { redirect, sameReference } from './references';
import { Refusal } from './rename';
import { endTypes, type Place, placeOf, type Reference, referencesIn, referencesOf, type Scope, stateAt, successorOf, typeAt } from './states';

// Result is a text, and the state to select: "" for none.
export interface Result {
  text: string;
  select: string;
}

// Where names a place for a state: on a reference (by its pointer), after or before a state, or in a scope without states.
export type Where = { on: string; scope: Scope } | { after: Place } | { before: Place } | { in: Scope };

function onReference(text: string, scope: Scope, pointer: string): Spot {
  const tree = read(text);
  const ref = referencesIn(tree, scope).find((r) => sameReference(r.pointer, pointer));
  if (!ref) throw new Refusal('This edge is there no longer.');
  const index = ref.from === undefined ? 0 : indexOf(tree, placeOf(scope, ref.from).path) + 1;
  return { scope, refs: [ref], next: ref.to || undefined, index };
}

function afterState(text: string, place: Place): Spot {
  const tree = read(text);
  const type = typeAt(tree, place);
  if (endTypes.has(type)) throw new Refusal(`“${place.name}” ends the execution: nothing comes after it.`);
  const refs = referencesOf(tree, place);
  const path = [...place.path, 'Default'];
  const absent: Reference = { path, pointer: pointerOf(path), from: place.name, to: undefined, kind: 'default' };
  const ref = refs.find((r) => r.kind === (type === 'Choice' ? 'default' : 'next')) ?? absent;
  return { scope: place.scope, refs: [ref], next: ref.to, index: indexOf(tree, place.path) + 1 };
}

function beforeState(text: string, place: Place): Spot {
  const tree = read(text);
  const refs = referencesIn(tree, place.scope).filter((r) => r.to === place.name && r.from !== place.name);
  return { scope: place.scope, refs, next: place.name, index: indexOf(tree, place.path) };
}

function inScope(text: string, scope: Scope): Spot {
  const start = referencesIn(read(text), scope).find((r) => r.kind === 'start');
  const next = start?.to || undefined;
  return { scope, refs: start ? [start] : [], next, index: 0 };
}

export function spotOf(text: string, where: Where): Spot {
  if ('on' in where) return onReference(text, where.scope, where.on);
  if ('after' in where) return afterState(text, where.after);
  if ('before' in where) return beforeState(text, where.before);
  return inScope(text, where.in);
}

// add puts a fragment somewhere.
export function add(text: string, where: Where, piece: string): Result {
  return put(text, spotOf(text, where), piece);
}

// remove takes a state away. What led to it leads to what came after it.
export function remove(text: string, place: Place): Result {
  const tree = read(text);
  const next = successorOf(tree, place);
  const all = referencesIn(tree, place.scope).filter((r) => r.to === place.name && r.from !== place.name);
  text = redirect(text, place.scope, all, next, 'drop');
  const done = typeAt(tree, place) === 'Succeed' && next === undefined && /* a rule got another Succeed in its place */ all.some((r) => r.kind === 'choice') && madeAState(tree.text, text, place.scope);
  if (done) throw new Refusal(`The only rule of a Choice leads to “${place.name}”. Let it lead elsewhere first.`);
  text = set(text, place.path, undefined);
  const after = read(text);
  const names = Object.keys((valueAt(after, [...place.scope, 'States']) as JsonObject | undefined) ?? {});
  if (valueAt(after, [...place.scope, 'StartAt']) === '' && names[0] !== undefined) text = set(text, [...place.scope, 'StartAt'], names[0]);
  const before = all.find((r) => r.from !== undefined)?.from;
  const select = next ?? before ?? names[0];
  return { text, select: select === undefined ? '' : placeOf(place.scope, select).pointer };
}

function madeAState(before: string, after: string, scope: Scope): boolean {
  const count = (t: string) => Object.keys((valueAt(read(t), [...scope, 'States']) as JsonObject | undefined) ?? {}).length;
  return count(after) > count(before);
}

// move takes a state from where it is to somewhere else.
export function move(text: string, place: Place, where: Where): Result {
  const tree = read(text);
  const scope = 'on' in where ? where.scope : 'in' in where ? where.in : 'after' in where ? where.after.scope : where.before.scope;
  if (pointerOf(scope).startsWith(place.pointer + '/')) throw new Refusal('A state cannot go into itself.');
  const spot = spotOf(text, where);
  if (pointerOf(scope) === pointerOf(place.scope) && (spot.next === place.name || spot.refs.some((r) => r.from === place.name))) return { text, select: place.pointer };
  const piece = lifted(tree, place);
  return add(remove(text, place).text, where, piece);
}

// duplicate puts a copy of a state after it; after one that ends an execution, before it.
export function duplicate(text: string, place: Place): Result {
  const tree = read(text);
  const piece = lifted(tree, place);
  return add(text, endTypes.has(typeAt(tree, place)) ? { before: place } : { after: place }, piece);
}

// wrap puts a state into a Map or a Parallel that takes its place. Its catchers go to the container, since their states
// are outside of it.
export function wrap(text: string, place: Place, type: 'Map' | 'Parallel'): Result {
  const tree = read(text);
  if (typeAt(tree, place) === 'Choice') throw new Refusal('A Choice leads to states that would be outside.');
  const name = new Names(tree).fresh(type);
  let inner = lifted(tree, place);
  const catchers = valueAt(read(inner), ['States', place.name, 'Catch']);
  inner = set(inner, ['States', place.name, 'Catch'], undefined);
  inner = redirect(inner, [], referencesIn(read(inner), []).filter((r) => r.to === follow), undefined);
  const next = successorOf(tree, place);
  const after: JsonObject = next === undefined ? { End: true } : { Next: next };
  const shell: JsonObject = type === 'Map' ? { Type: type, ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, StartAt: place.name, States: {} } } : { Type: type, Branches: [{ StartAt: place.name, States: {} }] };
  const refs = referencesIn(tree, place.scope).filter((r) => r.to === place.name && r.from !== place.name);
  const index = indexOf(tree, place.path);
  const original = isObject(valueAt(tree, place.path)) ? (valueAt(tree, [...place.path, 'Catch']) as Json | undefined) : undefined;
  const value: JsonObject = { ...shell, ...(catchers !== undefined && original !== undefined ? { Catch: original } : {}), ...after };
  const container = placeOf(place.scope, name);
  text = set(text, place.path, undefined);
  text = insert(text, container.path, value, index);
  const inside = [...container.path, ...(type === 'Map' ? ['ItemProcessor'] : ['Branches', 0])];
  text = insertText(text, [...inside, 'States', place.name], cut(read(inner), ['States', place.name]), 0);
  return { text: redirect(text, place.scope, refs, name), select: container.pointer };
}

const catching = new Set(['Task', 'Parallel', 'Map']);

// addCatch gives a state a catcher, with a state that it leads to.
export function addCatch(text: string, place: Place): Result {
  const tree = read(text);
  if (!catching.has(typeAt(tree, place))) throw new Refusal('Task, Parallel and Map states alone can catch errors.');
  const list = stateAt(tree, place).Catch;
  const old = Array.isArray(list) ? list : [];
  const all = old.findIndex((c) => isObject(c) && Array.isArray(c.ErrorEquals) && c.ErrorEquals.includes('States.ALL'));
  const handler = new Names(tree).fresh('Handle error');
  const catcher = { ErrorEquals: [all < 0 ? 'States.ALL' : 'States.TaskFailed'], Next: handler };
  text = all < 0 && old.length === 0 ? set(text, [...place.path, 'Catch'], [catcher]) : insert(text, [...place.path, 'Catch', all < 0 ? old.length : all], catcher, 0);
  const to = placeOf(place.scope, handler);
  text = insert(text, to.path, { Type: 'Pass', End: true }, indexOf(read(text), place.path) + 1);
  return { text, select: to.pointer };
}

// addRule gives a Choice one more rule, with a state that it leads to and that goes on as the others do.
export function addRule(text: string, place: Place, rule: JsonObject): Result {
  const tree = read(text);
  const list = stateAt(tree, place).Choices;
  const next = successorOf(tree, place);
  const count = Array.isArray(list) ? list.length : 0;
  const to = placeOf(place.scope, new Names(tree).fresh(`Rule ${count + 1}`));
  const entry = { ...rule, Next: to.name };
  text = count === 0 ? set(text, [...place.path, 'Choices'], [entry]) : insert(text, [...place.path, 'Choices', count], entry, count);
  text = insert(text, to.path, { Type: 'Pass', ...(next === undefined ? { End: true } : { Next: next }) }, indexOf(read(text), place.path) + 1);
  return { text, select: to.pointer };
}

// addBranch gives a Parallel one more branch, with a state.
export function addBranch(text: string, place: Place): Result {
  const tree = read(text);
  const list = stateAt(tree, place).Branches;
  const count = Array.isArray(list) ? list.length : 0;
  const name = new Names(tree).fresh('Pass');
  const branch = { StartAt: name, States: { [name]: { Type: 'Pass', End: true } } };
  text = count === 0 ? set(text, [...place.path, 'Branches'], [branch]) : insert(text, [...place.path, 'Branches', count], branch, count);
  return { text, select: placeOf([...place.path, 'Branches', count], name).pointer };
}

// lead lets a state go on to another one of its scope, or with undefined to the end.
export function lead(text: string, place: Place, to: string | undefined): string {
  const ref = referencesOf(read(text), place).find((r) => r.kind === 'next');
  return ref ? redirect(text, place.scope, [ref], to) : text;
}

// setField gives a field of a state a value; undefined takes it away.
export function setField(text: string, place: Place, field: (string | number)[], value: Json | undefined): string {
  if (value === undefined && valueAt(read(text), [...place.path, ...field]) === undefined) return text;
  return set(text, [...place.path, ...field], value);
}

