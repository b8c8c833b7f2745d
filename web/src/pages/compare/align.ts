import { type History, pathOf, type Visit } from '../../history/fold';

// Row is a state of one run beside the same state of another: at the same place, for the same time.
export interface Row {
  key: string;
  depth: number;
  a?: Visit;
  b?: Visit;
}

// keysOf names each visit by where it is and for the how-manieth time its state was entered there.
function keysOf(history: History): Map<string, Visit> {
  const counts = new Map<string, number>();
  const keys = new Map<string, Visit>();
  for (const visit of history.visits) {
    const place = pathOf(visit).map((s) => `${s.container!.name}/${s.kind}${s.index}/`).join('') + visit.name;
    const count = (counts.get(place) ?? 0) + 1;
    counts.set(place, count);
    keys.set(`${place}#${count}`, visit);
  }
  return keys;
}

// aligned lists the states of two runs beside each other, in the order of the first; what the second alone has stands after
// what came before it there.
export function aligned(a: History, b: History): Row[] {
  const [ofA, ofB] = [keysOf(a), keysOf(b)];
  const extra = new Map<string, Row[]>(); // rows of b alone, by the key before them that both have
  let before = '';
  for (const [key, visit] of ofB) {
    if (ofA.has(key)) before = key;
    else extra.set(before, [...(extra.get(before) ?? []), { key, depth: pathOf(visit).length, b: visit }]);
  }
  const rows = [...(extra.get('') ?? [])];
  for (const [key, visit] of ofA) {
    rows.push({ key, depth: pathOf(visit).length, a: visit, b: ofB.get(key) });
    rows.push(...(extra.get(key) ?? []));
  }
  return rows;
}

// Texts are payloads by the ids of the events that have them; undefined: they were not read.
export type Texts = ReadonlyMap<number, string> | undefined;

export type Difference = 'missing' | 'status' | 'error' | 'input' | 'output';

function textsDiffer(idA: number | undefined, idB: number | undefined, sizeA: number, sizeB: number, a: Texts, b: Texts): boolean {
  if (sizeA !== sizeB) return true;
  const [x, y] = [idA === undefined ? undefined : a?.get(idA), idB === undefined ? undefined : b?.get(idB)];
  return x !== undefined && y !== undefined && x !== y;
}

// differenceOf tells what is different in a row. Where texts were not read, sizes tell.
export function differenceOf({ a, b }: Row, textsA?: Texts, textsB?: Texts): Difference | undefined {
  if (!a || !b) return 'missing';
  if (textsDiffer(a.id, b.id, a.inputBytes, b.inputBytes, textsA, textsB)) return 'input';
  if (a.status !== b.status) return 'status';
  if (a.error !== b.error) return 'error';
  if (textsDiffer(a.exited, b.exited, a.outputBytes, b.outputBytes, textsA, textsB)) return 'output';
  return undefined;
}
