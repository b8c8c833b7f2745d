import { applyEdits, getNodeValue, type JSONPath, modify, type Node } from 'jsonc-parser';
import { at, keysAt, type Json, type Tree, read, unitOf } from './document';

// Every function takes a text and returns another one. What they do not name keeps its format, to the last space.

// set puts a value at a path; undefined takes away what is there.
export function set(text: string, path: JSONPath, value: Json | undefined): string {
  const tree = read(text);
  const node = at(tree, path);
  if (value !== undefined) {
    if (node) return replace(text, node, indented(JSON.stringify(value, null, 2), text, indentAt(text, node.offset)));
    const parent = at(tree, path.slice(0, -1));
    if (parent?.type === 'object') return insert(text, path, value, parent.children?.length ?? 0);
  }
  return applyEdits(text, modify(text, path, value, value === undefined ? {} : { formattingOptions: unitOf(text) }));
}

// become gives an object other members. Those that stay as they are keep their text and their place.
export function become(text: string, path: JSONPath, value: { [key: string]: Json }): string {
  for (const key of keysAt(read(text), path)) if (!(key in value)) text = set(text, [...path, key], undefined);
  Object.entries(value).forEach(([key, v], index) => {
    const old = at(read(text), [...path, key]);
    if (!old) text = insert(text, [...path, key], v, Math.min(index, keysAt(read(text), path).length));
    else if (JSON.stringify(getNodeValue(old)) !== JSON.stringify(v)) text = set(text, [...path, key], v);
  });
  return text;
}

// insert puts an entry into a list, or a member into an object, so that it has that index.
export function insert(text: string, path: JSONPath, value: Json, index: number): string {
  return insertText(text, path, JSON.stringify(value, null, 2), index);
}

// insertText is insert for a value that is JSON text of its own, which keeps its numbers and its lines.
export function insertText(text: string, path: JSONPath, value: string, index: number): string {
  const parent = at(read(text), path.slice(0, -1));
  if (!parent) throw new Error(`There is nothing at ${path.slice(0, -1).join('/')} to put something into.`);
  const children = parent.children ?? [];
  const key = parent.type === 'object' ? JSON.stringify(String(path.at(-1))) + ': ' : '';
  const first = children[0];
  const lines = first === undefined || text.slice(parent.offset, first.offset).includes('\n');
  if (!lines && !value.includes('\n')) return splice(text, children, index, key + value, ' ');
  if (!lines) return insertText(unfolded(text, parent), path, value, index);
  const outer = indentAt(text, parent.offset);
  const indent = first ? indentAt(text, first.offset) : outer + unit(text);
  const entry = key + indented(value, text, indent);
  const { eol } = unitOf(text);
  if (first) return splice(text, children, index, entry, eol + indent);
  const open = text[parent.offset]!;
  const close = text[parent.offset + parent.length - 1]!;
  return replace(text, parent, open + eol + indent + entry + eol + outer + close);
}

// splice puts an entry among others. space is what stands before each of them.
function splice(text: string, children: Node[], index: number, entry: string, space: string): string {
  const before = children[index - 1] ?? (index > 0 ? children.at(-1) : undefined);
  if (before) {
    const end = before.offset + before.length;
    return text.slice(0, end) + ',' + space + entry + text.slice(end);
  }
  const start = children[0]!.offset;
  return text.slice(0, start) + entry + ',' + space + text.slice(start);
}

// unfolded gives each entry of a list or an object that stands in one line a line of its own.
function unfolded(text: string, node: Node): string {
  const outer = indentAt(text, node.offset);
  const { eol } = unitOf(text);
  const space = eol + outer + unit(text);
  const entries = (node.children ?? []).map((c) => text.slice(c.offset, c.offset + c.length));
  const open = text[node.offset]!;
  return replace(text, node, open + space + entries.join(',' + space) + eol + outer + text[node.offset + node.length - 1]!);
}

export function replace(text: string, node: Node, value: string): string {
  return text.slice(0, node.offset) + value + text.slice(node.offset + node.length);
}

function unit(text: string): string {
  const { insertSpaces, tabSize } = unitOf(text);
  return insertSpaces ? ' '.repeat(tabSize) : '\t';
}

function indentAt(text: string, offset: number): string {
  const line = text.lastIndexOf('\n', offset - 1) + 1;
  return /^[ \t]*/.exec(text.slice(line))?.[0] ?? '';
}

// indented fits JSON text into another one: its lines, but for the first, begin at an indent, and it indents with what
// the other one does. No line of JSON begins in a string.
function indented(value: string, text: string, indent: string): string {
  const lines = value.split(/\r?\n/);
  if (lines.length === 1) return value;
  const own = /^[ \t]*/.exec(lines.at(-1) ?? '')?.[0] ?? '';
  const inner = lines.slice(1, -1).map((l) => /^[ \t]*/.exec(l)?.[0] ?? '').filter((s) => s.startsWith(own) && s.length > own.length);
  const step = inner.map((s) => s.slice(own.length)).sort((a, b) => a.length - b.length)[0] ?? '  ';
  const to = unit(text);
  const lead = (space: string) => indent + to.repeat(Math.floor((space.length - own.length) / step.length)) + ' '.repeat((space.length - own.length) % step.length);
  return lines
    .map((line, i) => {
      if (i === 0) return line;
      const space = /^[ \t]*/.exec(line)?.[0] ?? '';
      return (space.startsWith(own) ? lead(space) : indent) + line.slice(space.length);
    })
    .join(unitOf(text).eol);
}

// cut returns the text of a value as it stands.
export function cut(tree: Tree, path: JSONPath): string {
  const node = at(tree, path);
  return node ? tree.text.slice(node.offset, node.offset + node.length) : 'null';
}

// replaceAll puts texts in the place of nodes at once.
export function replaceAll(text: string, parts: { node: Node; value: string }[]): string {
  return [...parts].sort((a, b) => b.node.offset - a.node.offset).reduce((t, p) => replace(t, p.node, p.value), text);
}

// keyNode returns the node of the name of a member.
export function keyNode(tree: Tree, path: JSONPath): Node | undefined {
  return at(tree, path)?.parent?.children?.[0];
}

// indexOf returns the place of a member among its siblings, their number when there is none of that name.
export function indexOf(tree: Tree, path: JSONPath): number {
  const keys = keysAt(tree, path.slice(0, -1));
  const i = keys.indexOf(String(path.at(-1)));
  return i < 0 ? keys.length : i;
}
