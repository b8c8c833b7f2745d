import { Handle, type Node, type NodeProps, Position } from '@xyflow/react';
import { memo } from 'react';
import type { LayoutNode } from '../../../api/layout';
import { beginDrag, endDrag } from '../dragging';
import { Glyph } from './Glyph';

// Shown is what a node of the Studio shows: it looks like those of executions (src/graph), can be dragged, and has marks
// for what is wrong.
export type Shown = {
  node: LayoutNode;
  selected: boolean;
  tabStop: boolean;
  errors: number;
  warnings: number;
  where: string; // its place in the order of reading, for people who do not see it
  editable: boolean;
};

export type ShownNode = Node<Shown, 'shown'>;

function Ends() {
  return (
    <>
      <Handle type="target" position={Position.Top} isConnectable={false} style={{ opacity: 0 }} />
      <Handle type="source" position={Position.Bottom} isConnectable={false} style={{ opacity: 0 }} />
    </>
  );
}

function Marks({ errors, warnings }: { errors: number; warnings: number }) {
  if (errors > 0) return <span className="mark mark-error">{errors === 1 ? 'error' : `${errors} errors`}</span>;
  if (warnings > 0) return <span className="mark mark-warning">{warnings === 1 ? 'warning' : `${warnings} warnings`}</span>;
  return null;
}

function ShownView({ data }: NodeProps<ShownNode>) {
  const { node, selected } = data;
  if (node.kind === 'start' || node.kind === 'end') {
    return (
      <div className="graph-pill">
        {node.name}
        <Ends />
      </div>
    );
  }
  const sub = node.label || node.type || 'no type';
  const classes = ['graph-node', 'nopan', node.kind === 'container' && 'is-container', selected && 'is-selected', data.errors > 0 && 'has-error'];
  return (
    <div
      className={classes.filter(Boolean).join(' ')}
      role="button"
      tabIndex={data.tabStop ? 0 : -1}
      aria-pressed={selected}
      data-state={node.name}
      data-pointer={node.id}
      draggable={data.editable}
      onDragStart={(e) => beginDrag(e, { piece: '', title: node.name, move: node.id })}
      onDragEnd={endDrag}
    >
      <Glyph type={node.type ?? ''} size={20} />
      <span className="graph-words">
        <span className="graph-name" title={node.name}>
          {node.name}
        </span>
        <span className="graph-sub">{sub}</span>
        <span className="unseen">
          {sub === node.type ? '' : node.type}, {data.where}
        </span>
      </span>
      <Marks errors={data.errors} warnings={data.warnings} />
      <Ends />
    </div>
  );
}

export const ShownNodeView = memo(ShownView, (a, b) => {
  const [x, y] = [a.data, b.data];
  return (Object.keys(x) as (keyof Shown)[]).every((k) => x[k] === y[k]);
});
