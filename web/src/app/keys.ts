import { useEffect, useRef } from 'react';

// Key is something that a key does, or two one after the other, as in "g m".
export interface Key {
  keys: string;
  text: string; // what it does, for the help
  act: () => void;
}

// sets are those that pages and the shell have, the last one first in line.
const sets: { current: Key[] }[] = [];
let pending = '';
let timer: ReturnType<typeof setTimeout> | undefined;

// How long the second of two keys may take, in milliseconds.
const patience = 1_200;

// allKeys returns what keys do now, those of the page first.
export function allKeys(): Key[] {
  return sets.toReversed().flatMap((set) => set.current);
}

// busy tells whether a key belongs to something that people write into or choose from.
function busy(target: EventTarget | null): boolean {
  const element = target instanceof Element ? target : null;
  return element?.closest('input, textarea, select, [contenteditable="true"], [role="dialog"], [role="menu"], [role="listbox"], .cm-editor') != null;
}

// find returns what keys do, and whether more have to follow.
export function find(keys: Key[], typed: string): { key?: Key; more: boolean } {
  return { key: keys.find((k) => k.keys === typed), more: keys.some((k) => k.keys.startsWith(typed + ' ')) };
}

function hear(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.key.length > 1 || busy(event.target)) return;
  clearTimeout(timer);
  const typed = pending ? `${pending} ${event.key}` : event.key;
  const { key, more } = find(allKeys(), typed);
  pending = more ? typed : '';
  if (more) timer = setTimeout(() => (pending = ''), patience);
  if (!key) return;
  event.preventDefault();
  key.act();
}

// useKeys has keys do something while the component is there.
export function useKeys(keys: Key[]): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    if (sets.length === 0) document.addEventListener('keydown', hear);
    sets.push(latest);
    return () => {
      sets.splice(sets.indexOf(latest), 1);
      if (sets.length === 0) document.removeEventListener('keydown', hear);
    };
  }, []);
}
