import { at, read } from './document';
import { keyNode, replaceAll } from './edit';
import { Names } from './names';
import { type Place, referencesIn } from './states';

// Refusal says to a person why an operation makes no sense here.
export class Refusal extends Error {}

// rename gives a state another name, and everything that leads to it.
export function rename(text: string, place: Place, name: string, taken = (n: string) => new Names(read(text)).has(n)): string {
  if (name === place.name) return text;
  if (name === '') throw new Refusal('A state has to have a name.');
  if ([...name].length > 80) throw new Refusal('A name has 80 characters at most.');
  if (taken(name)) throw new Refusal(`There is a state “${name}” already.`);
  const tree = read(text);
  const key = keyNode(tree, place.path);
  if (!key) return text;
  const quoted = JSON.stringify(name);
  const refs = referencesIn(tree, place.scope).filter((r) => r.to === place.name);
  const nodes = refs.map((r) => at(tree, r.path)).filter((n) => n !== undefined);
  return replaceAll(text, [key, ...nodes].map((node) => ({ node, value: quoted })));
}
