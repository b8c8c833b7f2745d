import { useMemo } from 'react';
import type { Execution, MapRunRow } from '../../api/model';
import { Graph } from '../../graph/Graph';
import { type StateView, statesAt, takenAt } from '../../history/at';
import type { History, Visit } from '../../history/fold';
import type { Loaded } from './useExecution';
import type { Selection } from './view';

interface Props {
  execution: Execution;
  loaded: Loaded;
  selection: Selection;
  height: number;
}

// namesAround are the names of a state and of all that it is in, the innermost first.
function namesAround(visit: Visit | undefined): string[] {
  const names: string[] = [];
  for (let v = visit; v; v = v.scope.container) names.push(v.name);
  return names;
}

// latestOf is the visit to keep in sight: of a live picture the one that was entered last, else that of the position.
function latestOf(history: History, selection: Selection): Visit | undefined {
  if (!selection.live) return history.visitOf(selection.at);
  return history.ended ? undefined : history.visitOf(history.last);
}

// withMapRuns adds how many items of a distributed Map are done: events do not tell.
function withMapRuns(views: Map<string, StateView>, runs: MapRunRow[] = []): Map<string, StateView> {
  for (const view of views.values()) {
    const items = view.last.mapRun && runs.find((r) => r.arn === view.last.mapRun)?.items;
    if (items) view.items = { total: items.total, succeeded: items.succeeded, failed: items.failed + items.timedOut };
  }
  return views;
}

// GraphView shows the way that an execution took, as of the position of the scrubber.
export function GraphView({ execution, loaded, selection, height }: Props) {
  const { history, version } = loaded;
  const { at, counts } = selection;
  // version stands for what is in history.
  const { mapRuns } = execution;
  const views = useMemo(() => withMapRuns(statesAt(history, at, counts), mapRuns), [history, version, at, counts, mapRuns]);
  const taken = useMemo(() => takenAt(history, at, counts), [history, version, at, counts]);
  const total = (history.event(at)?.at ?? 0) - history.top.start;
  return (
    <div style={{ height }}>
      <Graph
        definition={execution.definition}
        label="Graph of the execution. The view States has the same as a table."
        views={views}
        taken={taken}
        total={total}
        selected={selection.state}
        onSelect={selection.selectState}
        follow={namesAround(latestOf(history, selection))}
      />
    </div>
  );
}
