import { useEffect, useState } from 'react';
import { allKeys, useKeys, type Key } from './keys';
import { KeysHelp } from './KeysHelp';
import { useGo } from './navigation';
import { Palette } from './Palette';

const places: [key: string, path: string, text: string][] = [
  ['o', '/', 'overview'],
  ['m', '/machines', 'state machines'],
  ['x', '/executions', 'executions'],
  ['t', '/tasks', 'open tasks'],
  ['s', '/studio', 'Studio'],
  ['p', '/playground', 'playground'],
];

// step moves the focus to the first link of the next row of the page's tables, or of the one before.
function step(by: 1 | -1): void {
  const links = [...document.querySelectorAll<HTMLElement>('main tbody tr')].flatMap((row) => row.querySelector<HTMLElement>('a[href]') ?? []);
  const now = links.findIndex((link) => link.closest('tr') === document.activeElement?.closest('tr'));
  links[Math.max(0, Math.min(links.length - 1, now + by))]?.focus();
}

function focusSearch(): void {
  document.querySelector<HTMLElement>('main [data-search] input, main input[type=search]')?.focus();
}

// Commander has what keys do on every page: the palette, the help, going about.
export function Commander({ open, onOpen }: { open: boolean; onOpen: (open: boolean) => void }) {
  const go = useGo();
  const [help, setHelp] = useState<Key[]>();
  useKeys([
    { keys: '?', text: 'This help', act: () => setHelp(allKeys()) },
    { keys: '/', text: 'Look for something on this page', act: focusSearch },
    { keys: 'j', text: 'Next row', act: () => step(1) },
    { keys: 'k', text: 'Row before', act: () => step(-1) },
    ...places.map(([key, path, text]) => ({ keys: `g ${key}`, text: `Go to: ${text}`, act: () => go(path) })),
  ]);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.metaKey || event.ctrlKey) || event.shiftKey || event.altKey) return;
      event.preventDefault();
      onOpen(true);
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [onOpen]);
  return (
    <>
      {open && <Palette onClose={() => onOpen(false)} />}
      {help && <KeysHelp keys={help} onClose={() => setHelp(undefined)} />}
    </>
  );
}
