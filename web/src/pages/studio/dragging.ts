import type { DragEvent } from 'react';

// What is dragged within the page: a piece of the palette, or a state of the canvas by its pointer. A browser lets nobody
// look into what is dragged before it is dropped, so it is remembered here.
export interface Dragged {
  piece: string; // "" when a state is moved
  title: string;
  move: string;
}

const kind = 'application/x-statelark';
let now: Dragged | undefined;
const listeners = new Set<() => void>();

function set(dragged: Dragged | undefined): void {
  now = dragged;
  listeners.forEach((listener) => listener());
}

export function beginDrag(e: DragEvent, dragged: Dragged): void {
  e.dataTransfer.setData(kind, JSON.stringify(dragged));
  e.dataTransfer.effectAllowed = dragged.move ? 'move' : 'copy';
  // Changing the page in the middle of this event ends the drag in Chromium.
  setTimeout(() => set(dragged));
}

export function endDrag(): void {
  set(undefined);
}

export function isOurs(e: DragEvent): boolean {
  return e.dataTransfer.types.includes(kind);
}

export function dropped(e: DragEvent): Dragged | undefined {
  try {
    return JSON.parse(e.dataTransfer.getData(kind)) as Dragged;
  } catch {
    return undefined;
  }
}

export function subscribeDrag(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function dragged(): Dragged | undefined {
  return now;
}
