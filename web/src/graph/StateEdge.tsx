import { type Edge, EdgeLabelRenderer, type EdgeProps } from '@xyflow/react';
import { memo, type ReactNode } from 'react';
import type { LayoutEdge } from '../api/layout';
import { pathOf } from './path';

export type EdgeData = {
  edge: LayoutEdge;
  taken: boolean;
  faint: boolean; // of an execution that did not go there
  action?: (edge: LayoutEdge) => ReactNode; // what the Studio puts in the middle of it
};

export type FlowEdge = Edge<EdgeData, 'way'>;

function StateEdgeView({ data }: EdgeProps<FlowEdge>) {
  if (!data) return null;
  const { edge, taken, faint } = data;
  const classes = ['graph-edge', edge.kind === 'catch' && 'is-catch', taken && 'is-taken', faint && 'is-faint'].filter(Boolean);
  return (
    <>
      <path className={classes.join(' ')} d={pathOf(edge.points)} markerEnd={`url(#graph-tip${taken ? '-taken' : ''})`} />
      {(edge.label || data.action) && (
        <EdgeLabelRenderer>
          {edge.label && (
            <div className="graph-label" style={{ left: edge.at.x, top: edge.at.y }} title={edge.label}>
              {edge.label}
            </div>
          )}
          {data.action?.(edge)}
        </EdgeLabelRenderer>
      )}
    </>
  );
}

export const StateEdge = memo(StateEdgeView);

// Tips are the heads of lines.
export function Tips() {
  return (
    <svg width={0} height={0} style={{ position: 'absolute' }} aria-hidden>
      <defs>
        {(['', '-taken'] as const).map((suffix) => (
          <marker key={suffix} id={`graph-tip${suffix}`} viewBox="0 0 8 8" refX={7} refY={4} markerWidth={suffix ? 5 : 7} markerHeight={suffix ? 5 : 7} orient="auto">
            <path d="M0 0L8 4L0 8z" fill={suffix ? 'var(--graph-good)' : 'var(--graph-edge)'} />
          </marker>
        ))}
      </defs>
    </svg>
  );
}
