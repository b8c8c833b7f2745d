import Spinner from '@cloudscape-design/components/spinner';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Execution } from '../../api/model';
import { Canvas } from '../../graph/Canvas';
import { layoutQuery } from '../../graph/layout';
import { statesAt, takenAt } from '../../history/fold';
import { ErrorAlert } from '../../parts/ErrorAlert';
import type { Loaded } from './useExecution';
import type { Selection } from './view';

interface Props {
  execution: Execution;
  loaded: Loaded;
  selection: Selection;
  height: number;
}

// GraphView shows the way that an execution took, as of the position of the scrubber.
export function GraphView({ execution, loaded, selection, height }: Props) {
  const { history, version } = loaded;
  const layout = useQuery(layoutQuery(execution.definition));
  const { at, counts, live } = selection;
  // version stands for what is in history.
  const views = useMemo(() => statesAt(history, at, counts), [history, version, at, counts]);
  const taken = useMemo(() => takenAt(history, at, counts), [history, version, at, counts]);
  const total = (history.event(at)?.at ?? 0) - history.top.start;
  const latest = live ? (history.ended ? undefined : history.visits.findLast((v) => v.end === undefined)?.name) : history.visitOf(at)?.name;
  if (layout.error) return <ErrorAlert error={layout.error} header="The graph could not be laid out" />;
  if (!layout.data) return <Spinner />;
  return (
    <div style={{ height }}>
      <Canvas
        layout={layout.data}
        label="Graph of the execution. The view States has the same as a table."
        views={views}
        taken={taken}
        total={total}
        selected={selection.state}
        onSelect={selection.selectState}
        follow={latest}
      />
    </div>
  );
}
