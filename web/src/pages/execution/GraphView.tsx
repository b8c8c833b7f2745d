import Spinner from '@cloudscape-design/components/spinner';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Canvas } from '../../graph/Canvas';
import { layoutQuery } from '../../graph/layout';
import { statesAt, takenAt, type Visit } from '../../history/fold';
import { ErrorAlert } from '../../parts/ErrorAlert';
import type { Loaded } from './useExecution';
import type { Selection } from './view';

interface Props {
  definition: string;
  loaded: Loaded;
  selection: Selection;
  counts: (visit: Visit) => boolean; // those that the iteration picker leaves
  running: boolean;
  height: number;
}

// GraphView shows the way that an execution took, as of the position of the scrubber.
export function GraphView({ definition, loaded, selection, counts, running, height }: Props) {
  const { history, version } = loaded;
  const layout = useQuery(layoutQuery(definition));
  const { at } = selection;
  // version stands for what is in history.
  const views = useMemo(() => statesAt(history, at, counts), [history, version, at, counts]);
  const taken = useMemo(() => takenAt(history, at, counts), [history, version, at, counts]);
  const total = (history.event(at)?.at ?? 0) - history.top.start;
  const latest = running && selection.live ? history.visits.findLast((v) => v.end === undefined)?.name : selection.live ? undefined : history.visitOf(at)?.name;
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
