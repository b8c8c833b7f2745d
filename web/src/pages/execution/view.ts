import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useView } from '../../app/navigation';
import { type History, type Scope, type Visit, within } from '../../history/fold';

export const tabs = ['graph', 'states', 'waterfall', 'events', 'data'] as const;
export type Tab = (typeof tabs)[number];

// A position that changes goes into the address once it rests: browsers take only so many changes of it.
const rests = 250; // ms

// usePosition returns the position of the scrubber, an event; the last one when the address names none.
function usePosition(last: number): [at: number, seek: (event: number | undefined) => void] {
  const [view, change] = useView();
  const [moving, setMoving] = useState<number>();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const seek = useCallback(
    (event: number | undefined) => {
      const next = event === undefined || event >= last ? undefined : Math.max(1, event);
      setMoving(next ?? last);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => {
        change({ t: next === undefined ? undefined : String(next) });
        setMoving(undefined);
      }, rests);
    },
    [change, last],
  );
  const named = Number(view.t);
  return [moving ?? (named > 0 && named < last ? named : last), seek];
}

// What the page shows is in its address: view (tab), visit (the selected one, by the event that entered it), t (the position
// of the scrubber, an event; none: the end), in (the iteration that is looked at, by the event that began it), e (an event of
// the list).
export function useSelection(history: History) {
  const [view, change] = useView();
  const tab = (tabs as readonly string[]).includes(view.view ?? '') ? (view.view as Tab) : 'graph';
  const { last } = history;
  const [at, seek] = usePosition(last);
  const visit = useMemo(() => history.visit(Number(view.visit)), [history, last, view.visit]);
  const scope = useMemo(() => history.scope(Number(view.in)), [history, last, view.in]);
  const counts = useMemo(() => within(scope), [scope]);
  const select = useCallback((v: Visit | undefined) => change({ visit: v ? String(v.id) : undefined, state: undefined }), [change]);
  // Of a state the last visit before the position is meant, of those that are looked at.
  const selectState = useCallback(
    (name: string | undefined) => {
      const mine = history.visitsOf(name ?? '', counts);
      const found = mine.findLast((v) => v.id <= at) ?? mine[0];
      change({ visit: found ? String(found.id) : undefined, state: found ? undefined : name });
    },
    [change, history, at, counts],
  );
  // lookAt shows one iteration of a Map, or all of them. What is selected goes along to the same state there.
  const lookAt = useCallback(
    (next: Scope | undefined) => {
      const there = next && visit && history.visitsOf(visit.name, within(next)).at(-1);
      change({ in: next ? String(next.id) : undefined, ...(there ? { visit: String(there.id) } : {}) });
    },
    [change, history, visit],
  );
  return {
    tab,
    at,
    live: at === last,
    visit,
    state: visit?.name ?? view.state,
    scope,
    counts,
    event: Number(view.e) || undefined,
    select,
    selectState,
    lookAt,
    seek,
    setTab: useCallback((next: Tab) => change({ view: next === 'graph' ? undefined : next }, { push: true }), [change]),
    openEvent: useCallback((id: number | undefined) => change({ view: 'events', e: id === undefined ? undefined : String(id) }), [change]),
  };
}

export type Selection = ReturnType<typeof useSelection>;
