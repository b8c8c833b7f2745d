import type { ReactNode } from 'react';
import { useSyncExternalStore } from 'react';

// Notice is something that people are told at the top of whatever page is shown, until they close it.
export interface Notice {
  id: number;
  type: 'success' | 'info' | 'warning' | 'error';
  header: string;
  content?: ReactNode;
}

const most = 5;
let notices: readonly Notice[] = [];
let last = 0;
const listeners = new Set<() => void>();

function set(next: readonly Notice[]): void {
  notices = next;
  listeners.forEach((listener) => listener());
}

export function notify(notice: Omit<Notice, 'id'>): void {
  set([{ ...notice, id: ++last }, ...notices].slice(0, most));
}

export function forget(id: number): void {
  set(notices.filter((n) => n.id !== id));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useNotices(): readonly Notice[] {
  return useSyncExternalStore(subscribe, () => notices);
}
