import { placesIn } from './states';
import type { Tree } from './document';

// Names gives names that no state of a machine has, each once: names are unique over a machine, not a scope.
export class Names {
  private readonly taken: Set<string>;

  constructor(tree: Tree, besides: string[] = []) {
    this.taken = new Set(placesIn(tree).map((p) => p.name));
    for (const name of besides) this.taken.delete(name);
  }

  has(name: string): boolean {
    return this.taken.has(name);
  }

  fresh(wanted: string): string {
    const stem = wanted.replace(/ \d+$/, '').slice(0, 76) || 'State';
    let name = wanted.slice(0, 80) || stem;
    for (let i = 2; this.taken.has(name); i++) name = `${stem} ${i}`;
    this.taken.add(name);
    return name;
  }
}
