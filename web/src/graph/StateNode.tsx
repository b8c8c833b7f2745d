import { Handle, type Node, type NodeProps, Position } from '@xyflow/react';
import { memo } from 'react';
import type { LayoutNode } from '../api/layout';
import type { StateView } from '../history/fold';
import { statusWord } from '../parts/Status';
import { formatDuration } from '../parts/time';
import { glyphs, unknownGlyph } from './glyphs';

// NodeData is what a node of the canvas shows. It is compared by its fields, so a node is drawn anew when it differs.
export type NodeData = {
  node: LayoutNode;
  view?: StateView;
  share?: number; // of the run time, 0 to 1
  selected: boolean;
  tabStop: boolean;
  dim: boolean;
  problem?: string;
  collapsed?: number; // how many states a collapsed container hides
  onSelect?: (name: string) => void;
  onKey?: (event: React.KeyboardEvent, name: string) => void;
};

export type FlowNode = Node<NodeData, 'state'>;

const symbols: Record<string, string> = { SUCCEEDED: '✓', RUNNING: '●', FAILED: '✗', TIMED_OUT: '⏱', CAUGHT: '!', ABORTED: '■' };

// statusLine is the second line of a state in an execution: symbol, word and figures.
export function statusLine(view: StateView, share?: number): string {
  const parts = [`${symbols[view.status] ?? ''} ${statusWord(view.status)}`];
  if (view.items) parts.push(`${view.items.succeeded}/${view.items.total} ✓${view.items.failed ? ` ${view.items.failed} ✗` : ''}`);
  if (view.attempts > 1) parts.push(`attempt ${view.attempts}`);
  if (view.visits > 1) parts.push(`${view.visits}×`);
  if (view.status !== 'RUNNING') parts.push(formatDuration(view.time));
  if (share !== undefined && share >= 0.1) parts.push(`${Math.round(share * 100)} %`);
  return parts.join(' · ');
}

function Glyph({ type }: { type?: string }) {
  return (
    <svg width={20} height={20} viewBox="0 0 20 20" fill="none" strokeWidth={1.6} strokeLinecap="round" strokeLinejoin="round" aria-hidden>
      <path d={glyphs[type ?? ''] ?? unknownGlyph} />
    </svg>
  );
}

// Ends are handles that React Flow wants for edges; ours know their own way.
function Ends() {
  return (
    <>
      <Handle type="target" position={Position.Top} isConnectable={false} style={{ opacity: 0 }} />
      <Handle type="source" position={Position.Bottom} isConnectable={false} style={{ opacity: 0 }} />
    </>
  );
}

function StateNodeView({ data }: NodeProps<FlowNode>) {
  const { node, view, selected } = data;
  if (node.kind === 'start' || node.kind === 'end') {
    return (
      <div className="graph-pill">
        {node.name}
        <Ends />
      </div>
    );
  }
  const sub = view ? statusLine(view, data.share) : node.label || node.type || 'no type';
  const classes = ['graph-node', 'nopan'];
  if (node.kind === 'container') classes.push('is-container');
  if (selected) classes.push('is-selected');
  if (data.dim) classes.push('is-dim');
  if (data.problem) classes.push('has-error');
  if (view) classes.push(`status-${view.status}`);
  return (
    <button
      type="button"
      className={classes.join(' ')}
      tabIndex={data.tabStop ? 0 : -1}
      data-state={node.name}
      aria-pressed={selected}
      aria-label={`${node.name}, ${node.type ?? 'no type'}: ${sub}${data.problem ? `. ${data.problem}` : ''}`}
      title={data.problem ?? node.name}
      onClick={() => data.onSelect?.(node.name)}
      onKeyDown={(event) => data.onKey?.(event, node.name)}
    >
      <Glyph type={node.type} />
      <span className="graph-words">
        <span className="graph-name">{node.name}</span>
        <span className="graph-sub">
          {sub}
          {data.collapsed ? ` · ${data.collapsed} states` : ''}
        </span>
      </span>
      <Ends />
    </button>
  );
}

export const StateNode = memo(StateNodeView, (a, b) => {
  const [x, y] = [a.data, b.data];
  return (
    x.node === y.node &&
    x.selected === y.selected &&
    x.tabStop === y.tabStop &&
    x.dim === y.dim &&
    x.problem === y.problem &&
    x.collapsed === y.collapsed &&
    x.onSelect === y.onSelect &&
    x.onKey === y.onKey &&
    (x.view === y.view || (!!x.view && !!y.view && statusLine(x.view, x.share) === statusLine(y.view, y.share)))
  );
});
