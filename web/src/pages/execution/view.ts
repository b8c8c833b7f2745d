import { useCallback, useMemo } from 'react';
import { useView } from '../../app/navigation';
import { type History, type Visit } from '../../history/fold';

export const tabs = ['graph', 'states', 'waterfall', 'events', 'data'] as const;
export type Tab = (typeof tabs)[number];

// What the page shows is in its address: view (tab), visit (the selected one, by the event that entered it), t (the position
// of the scrubber, an event; none: the end), e (an event of the list).
export function useSelection(history: History) {
  const [view, change] = useView();
  const tab = (tabs as readonly string[]).includes(view.view ?? '') ? (view.view as Tab) : 'graph';
  const position = Number(view.t);
  const at = position > 0 && position < history.last ? position : history.last;
  const visit = useMemo(() => history.visits.find((v) => v.id === Number(view.visit)), [history, history.last, view.visit]);
  const select = useCallback((v: Visit | undefined) => change({ visit: v ? String(v.id) : undefined }), [change]);
  // Of a state the last visit before the position is meant.
  const selectState = useCallback(
    (name: string | undefined) => {
      const found = name === undefined ? undefined : (history.visits.findLast((v) => v.name === name && v.id <= at) ?? history.visits.find((v) => v.name === name));
      change({ visit: found ? String(found.id) : undefined, state: found ? undefined : name });
    },
    [change, history, at],
  );
  return {
    tab,
    at,
    live: at === history.last,
    visit,
    state: visit?.name ?? view.state,
    event: Number(view.e) || undefined,
    select,
    selectState,
    setTab: (next: Tab) => change({ view: next === 'graph' ? undefined : next }, { push: true }),
    seek: (event: number | undefined) => change({ t: event === undefined || event >= history.last ? undefined : String(Math.max(1, event)) }),
    openEvent: (id: number | undefined) => change({ view: 'events', e: id === undefined ? undefined : String(id) }),
  };
}

export type Selection = ReturnType<typeof useSelection>;
