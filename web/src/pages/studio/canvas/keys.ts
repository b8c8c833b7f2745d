import type { KeyboardEvent } from 'react';
import type { LayoutNode } from '../../../api/layout';
import { addCatch, duplicate, remove } from '../../../studio/operations';
import type { Place } from '../../../studio/states';
import type { Studio } from '../context';

// Keys are what the canvas does by keyboard.
export interface Doing {
  rename: () => void;
  wrap: () => void;
  cut: () => void;
}

// order returns the states of a picture as people read them.
export function order(nodes: LayoutNode[]): LayoutNode[] {
  return nodes.filter((n) => n.kind === 'state' || n.kind === 'container');
}

function walk(studio: Studio, step: number): void {
  const all = order(studio.layout?.nodes ?? []);
  const i = all.findIndex((n) => n.id === studio.place?.pointer);
  const next = all[i < 0 ? 0 : Math.min(Math.max(i + step, 0), all.length - 1)];
  if (next) studio.select(next.id);
}

// sideways goes to the state beside one, in another branch or rule.
function sideways(studio: Studio, sign: number): void {
  const all = order(studio.layout?.nodes ?? []);
  const from = all.find((n) => n.id === studio.place?.pointer);
  if (!from) return walk(studio, sign);
  const at = (n: LayoutNode) => ({ x: n.x + n.width / 2, y: n.y + n.height / 2 });
  const a = at(from);
  const beside = all
    .filter((n) => n !== from && (at(n).x - a.x) * sign > 20 && Math.abs(at(n).y - a.y) < 80)
    .sort((m, n) => Math.abs(at(m).x - a.x) - Math.abs(at(n).x - a.x))[0];
  if (beside) studio.select(beside.id);
  else walk(studio, sign);
}

function edit(key: string, studio: Studio, place: Place, doing: Doing): boolean {
  switch (key) {
    case 'a':
      studio.pick({ after: place });
      return true;
    case 'i':
      studio.pick({ before: place });
      return true;
    case 'w':
      doing.wrap();
      return true;
    case 'c':
      studio.run((text) => addCatch(text, place));
      return true;
    case 'd':
      studio.run((text) => duplicate(text, place));
      return true;
    case 'Delete':
    case 'Backspace':
      studio.run((text) => remove(text, place));
      return true;
    case 'F2':
      doing.rename();
      return true;
  }
  return false;
}

function move(key: string, studio: Studio): boolean {
  switch (key) {
    case 'ArrowDown':
      walk(studio, 1);
      return true;
    case 'ArrowUp':
      walk(studio, -1);
      return true;
    case 'ArrowRight':
      sideways(studio, 1);
      return true;
    case 'ArrowLeft':
      sideways(studio, -1);
      return true;
    case 'Home':
      walk(studio, -1e9);
      return true;
    case 'End':
      walk(studio, 1e9);
      return true;
    case 'Escape':
      studio.select('');
      return true;
  }
  return false;
}

// press does what a key of the canvas stands for, and tells whether there was such a thing.
export function press(e: KeyboardEvent, studio: Studio, doing: Doing): boolean {
  if (e.ctrlKey || e.metaKey || e.altKey) return false;
  if (move(e.key, studio)) return true;
  if (studio.readonly) return false;
  if (studio.place) return edit(e.key, studio, studio.place, doing);
  if (e.key !== 'a' && e.key !== 'i') return false;
  studio.pick({ in: [] });
  return true;
}
