import { Handle, type Node, type NodeProps, Position } from '@xyflow/react';
import { memo } from 'react';
import type { LayoutNode } from '../api/layout';
import type { StateView } from '../history/at';
import { glyphs, unknownGlyph } from './glyphs';
import { statusFull, statusLine } from './words';

// NodeData is what a node of the canvas shows. It is compared by its fields, so a node is drawn anew when it differs.
export type NodeData = {
  node: LayoutNode;
  view?: StateView;
  share?: number; // of the run time, 0 to 1
  selected: boolean;
  tabStop: boolean;
  dim: boolean;
  mark?: 'added' | 'removed' | 'changed';
  inside?: number; // how many states are in a container
  closed: boolean;
  onSelect?: (name: string) => void;
  onToggle?: (id: string) => void;
  onKey?: (event: React.KeyboardEvent, name: string) => void;
};

export type FlowNode = Node<NodeData, 'state'>;

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

const foldWidth = 30; // px

// Badges are figures on the edge of a node: tries of the last visit, visits.
function Badges({ view }: { view: StateView }) {
  if (view.attempts < 2 && view.visits < 2) return null;
  return (
    <span className="graph-badges" aria-hidden>
      {view.attempts > 1 && <span>↻ {view.attempts}</span>}
      {view.visits > 1 && <span>{view.visits.toLocaleString('en')}×</span>}
    </span>
  );
}

// Fold opens or closes a container.
function Fold({ data }: { data: NodeData }) {
  const { node, closed, inside = 0 } = data;
  return (
    <button
      type="button"
      className="graph-fold nopan"
      tabIndex={-1}
      aria-expanded={!closed}
      aria-label={`${closed ? 'Open' : 'Close'} ${node.name}`}
      title={closed ? `Open: ${inside} states` : 'Close'}
      onClick={() => data.onToggle?.(node.id)}
    >
      {closed ? `+${inside}` : '–'}
    </button>
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
  const sub = view ? statusLine(view, node.width - (data.inside === undefined ? 0 : foldWidth)) : node.label || node.type || 'no type';
  const full = view ? statusFull(view, data.share) : sub;
  const mark = data.mark && ` (${data.mark})`;
  const classes = ['graph-node', 'nopan'];
  if (node.kind === 'container') classes.push('is-container');
  if (selected) classes.push('is-selected');
  if (data.dim) classes.push('is-dim');
  if (data.mark) classes.push(`mark-${data.mark}`);
  if (view) classes.push(`status-${view.status}`);
  return (
    <>
      <button
        type="button"
        className={classes.join(' ')}
        tabIndex={data.tabStop ? 0 : -1}
        data-state={node.name}
        aria-pressed={selected}
        title={`${node.name}\n${full}`}
        onClick={() => data.onSelect?.(node.name)}
        onKeyDown={(event) => data.onKey?.(event, node.name)}
      >
        <Glyph type={node.type} />
        <span className="graph-words">
          <span className="graph-name">{node.name}</span>
          <span className="graph-spoken">{`, ${node.type ?? 'no type'}: ${full}`}</span>
          <span className="graph-sub">
            <span aria-hidden>{sub}</span>
            {mark}
          </span>
        </span>
        {view && <Badges view={view} />}
        {view && data.share !== undefined && data.share >= 0.01 && <span className="graph-share" style={{ width: `${data.share * 100}%` }} />}
        <Ends />
      </button>
      {data.inside !== undefined && data.onToggle && <Fold data={data} />}
    </>
  );
}

export const StateNode = memo(StateNodeView, (a, b) => {
  const [x, y] = [a.data, b.data];
  return (
    x.node === y.node &&
    x.selected === y.selected &&
    x.tabStop === y.tabStop &&
    x.dim === y.dim &&
    x.mark === y.mark &&
    x.inside === y.inside &&
    x.closed === y.closed &&
    x.onSelect === y.onSelect &&
    x.onToggle === y.onToggle &&
    x.onKey === y.onKey &&
    (x.view === y.view || (!!x.view && !!y.view && statusFull(x.view, x.share) === statusFull(y.view, y.share)))
  );
});
