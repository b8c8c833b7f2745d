import { useEffect, useRef } from 'react';
import type { Execution } from '../../api/model';
import { paths, useGo } from '../../app/navigation';
import { useMay } from '../../app/session';
import type { History } from '../../history/fold';
import type { Action } from './Actions';
import { canRedrive } from './allowed';
import { type Selection, tabs } from './view';

interface Props {
  execution?: Execution;
  history: History;
  selection: Selection;
  onAction: (action: Action) => void;
}

// writes tells whether a key goes to something that takes text, or has a use of its own for arrows.
function writes(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable], [role="dialog"], [role="menu"], [role="listbox"], [role="tablist"], .cm-editor') !== null;
}

// step returns the event with which the next state was entered or, with a way of -1, the one before.
export function step(history: History, at: number, way: 1 | -1): number {
  const { visits } = history;
  const found = way === 1 ? visits.find((v) => v.id > at) : visits.findLast((v) => v.id < at);
  return found?.id ?? (way === 1 ? history.last : 1);
}

// useKeys takes the keys of the page: 1–5 views, arrows the position, [ and ] failed states, r redrive, e edit, . copy.
export function useKeys(props: Props): void {
  const latest = useRef(props);
  const go = useGo();
  const operates = useMay('operator');
  useEffect(() => {
    latest.current = props;
  });
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      const { execution: x, history, selection, onAction } = latest.current;
      if (!x || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || writes(event.target)) return;
      const view = tabs[Number(event.key) - 1];
      const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key] as 1 | -1 | undefined;
      if (view) selection.setTab(view);
      else if (way) selection.seek(event.shiftKey ? step(history, selection.at, way) : selection.at + way);
      else if (event.key === '[' || event.key === ']') nextFailed(history, selection, event.key === ']' ? 1 : -1);
      else if (event.key === 'r' && operates && canRedrive(x)) onAction('redrive');
      else if (event.key === 'e') go(paths.edit(x.machine));
      else if (event.key === '.') void navigator.clipboard.writeText(x.arn);
      else return;
      event.preventDefault();
    };
    document.addEventListener('keydown', key);
    return () => document.removeEventListener('keydown', key);
  }, [go, operates]);
}

function nextFailed(history: History, selection: Selection, way: 1 | -1): void {
  const from = selection.visit?.id ?? (way === 1 ? 0 : Infinity);
  const failed = history.visits.filter((v) => v.error !== undefined || v.status === 'TIMED_OUT');
  const found = way === 1 ? failed.find((v) => v.id > from) : failed.findLast((v) => v.id < from);
  if (found) selection.select(found);
}
