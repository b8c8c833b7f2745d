import { useSyncExternalStore } from 'react';

// One timer for all that ticks; it runs while something does.
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    listeners.forEach((l) => l());
  }, 1_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

const still = () => () => {};

// useNow returns the time, again each second while ticking.
export function useNow(ticking = true): number {
  return useSyncExternalStore(ticking ? subscribe : still, () => (ticking ? now : 0)) || Date.now();
}
