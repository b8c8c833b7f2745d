import { getNodeValue, type JSONPath, type Node, parseTree, type ParseError, printParseErrorCode } from 'jsonc-parser';

// Json is any value of JSON.
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

// Fault is a place where a text is no JSON.
export interface Fault {
  message: string;
  start: number;
  end: number;
}

// Tree is a text with its syntax tree. The tree is of what can be read when the text has faults.
export interface Tree {
  text: string;
  root: Node | undefined;
  faults: Fault[];
}

const strict = { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false };

// recent are the trees of the last texts: an operation asks for the same one several times.
const recent: Tree[] = [];
const kept = 4;

export function read(text: string): Tree {
  const known = recent.find((t) => t.text === text);
  if (known) return known;
  const tree = parsed(text);
  recent.unshift(tree);
  recent.length = Math.min(recent.length, kept);
  return tree;
}

function parsed(text: string): Tree {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, strict);
  const faults = errors.map((e) => ({
    message: printParseErrorCode(e.error).replace(/([a-z])([A-Z])/g, '$1 $2'),
    start: e.offset,
    end: e.offset + Math.max(e.length, 1),
  }));
  return { text, root, faults };
}

// members are the values of an object by their names, for objects that were asked before: a machine has many states, and
// looking for each among all others takes the square of the time. Of a name that is there twice the first counts.
const members = new WeakMap<Node, Map<string, Node>>();

function memberOf(node: Node, name: string): Node | undefined {
  let map = members.get(node);
  if (!map) {
    map = new Map();
    for (const property of node.children ?? []) {
      const [key, value] = property.children ?? [];
      if (key && value && !map.has(key.value as string)) map.set(key.value as string, value);
    }
    members.set(node, map);
  }
  return map.get(name);
}

export function at(tree: Tree, path: JSONPath): Node | undefined {
  let node = tree.root;
  for (const part of path) {
    if (node?.type === 'object') node = memberOf(node, String(part));
    else if (node?.type === 'array' && typeof part === 'number') node = node.children?.[part];
    else return undefined;
  }
  return node;
}

export function valueAt(tree: Tree, path: JSONPath): Json | undefined {
  const node = at(tree, path);
  return node && (getNodeValue(node) as Json);
}

export function objectAt(tree: Tree, path: JSONPath): JsonObject | undefined {
  const value = valueAt(tree, path);
  return isObject(value) ? value : undefined;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// keysAt returns the names of the members of an object in their order.
export function keysAt(tree: Tree, path: JSONPath): string[] {
  const node = at(tree, path);
  if (node?.type !== 'object') return [];
  return (node.children ?? []).map((p) => p.children?.[0]?.value as string);
}

// pointerOf writes a path as a JSON pointer, pathOf reads one. Numbers in a path are indexes.
export function pointerOf(path: JSONPath): string {
  return path.map((part) => '/' + String(part).replaceAll('~', '~0').replaceAll('/', '~1')).join('');
}

// listFields are the members whose values are arrays wherever they stand in a definition on the way to a state.
const listFields = new Set(['Branches', 'Choices', 'Catch', 'Retry', 'And', 'Or', 'ErrorEquals']);

export function pathOf(pointer: string): JSONPath {
  const parts = pointer.split('/').slice(1).map((p) => p.replaceAll('~1', '/').replaceAll('~0', '~'));
  return parts.map((part, i) => (/^\d+$/.test(part) && listFields.has(parts[i - 1] ?? '') && parts[i - 2] !== 'States' ? Number(part) : part));
}

// unitOf returns what a text indents with.
export function unitOf(text: string): { insertSpaces: boolean; tabSize: number; eol: string } {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const first = /\n([ \t]+)\S/.exec(text)?.[1];
  if (first?.startsWith('\t')) return { insertSpaces: false, tabSize: 4, eol };
  return { insertSpaces: true, tabSize: first?.length ?? 2, eol };
}

// Change is the one stretch in which two texts differ.
export interface Change {
  from: number;
  to: number;
  insert: string;
}

export function difference(before: string, after: string): Change | undefined {
  if (before === after) return undefined;
  const most = Math.min(before.length, after.length);
  let from = 0;
  while (from < most && before[from] === after[from]) from++;
  let same = 0;
  while (same < most - from && before[before.length - 1 - same] === after[after.length - 1 - same]) same++;
  return { from, to: before.length - same, insert: after.slice(from, after.length - same) };
}
