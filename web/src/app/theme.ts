import { applyDensity, applyMode, Density, Mode } from '@cloudscape-design/global-styles';
import { useSyncExternalStore } from 'react';

// What a person chose for this browser.
export interface Preferences {
  theme: 'system' | 'light' | 'dark';
  density: 'comfortable' | 'compact';
  time: 'local' | 'utc' | 'relative';
}

const key = 'statelark.preferences';
const defaults: Preferences = { theme: 'system', density: 'comfortable', time: 'local' };
const listeners = new Set<() => void>();
const system = typeof matchMedia === 'function' ? matchMedia('(prefers-color-scheme: dark)') : undefined;

function load(): Preferences {
  try {
    return { ...defaults, ...(JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Preferences>) };
  } catch {
    return defaults;
  }
}

let current = load();

// isDark tells which mode is in force.
export function isDark(p: Preferences = current): boolean {
  return p.theme === 'dark' || (p.theme === 'system' && system?.matches === true);
}

// apply switches what is styled by mode: Cloudscape by a class of the body, everything else by an attribute of the root.
function apply(): void {
  applyMode(isDark() ? Mode.Dark : Mode.Light);
  applyDensity(current.density === 'compact' ? Density.Compact : Density.Comfortable);
  document.documentElement.dataset.mode = isDark() ? 'dark' : 'light';
  listeners.forEach((listener) => listener());
}

export function startTheme(): void {
  apply();
  system?.addEventListener('change', apply);
}

export function setPreferences(change: Partial<Preferences>): void {
  current = { ...current, ...change };
  try {
    localStorage.setItem(key, JSON.stringify(current));
  } catch {
    // A browser that stores nothing keeps them while the page is open.
  }
  apply();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(subscribe, () => current);
}

export function useDark(): boolean {
  return useSyncExternalStore(subscribe, () => isDark());
}
