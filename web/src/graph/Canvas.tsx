import '@xyflow/react/dist/base.css';
import './graph.css';
import { Controls, ReactFlow, ReactFlowProvider } from '@xyflow/react';
import { type ReactNode, type RefObject, useCallback, useMemo, useRef, useState } from 'react';
import type { Layout, LayoutNode } from '../api/layout';
import { useDark } from '../app/theme';
import type { StateView } from '../history/at';
import { statusWord } from '../parts/Status';
import { colours } from './colours';
import { Find } from './Find';
import { type EdgeData, type FlowEdge, StateEdge, Tips } from './StateEdge';
import { type FlowNode, StateNode } from './StateNode';
import { useFirstView, useFollow } from './sight';

const nodeTypes = { state: StateNode };
const edgeTypes = { way: StateEdge };

// Folds are the containers of a layout: how many states are in each, and which are closed, by their ids.
export interface Folds {
  inside: ReadonlyMap<string, number>;
  closed: ReadonlySet<string>;
  toggle: (id: string) => void;
}

export interface CanvasProps {
  layout: Layout;
  label: string; // what the picture is of, for those who do not see it
  folds?: Folds;
  views?: Map<string, StateView>; // of an execution, by the names of states
  taken?: Set<string>; // as takenAt of history/fold
  total?: number; // ms of the whole execution
  selected?: string;
  onSelect?: (name: string | undefined) => void;
  marks?: Map<string, 'added' | 'removed' | 'changed'>; // of a comparison, by the names of states
  follow?: string[]; // names of the state to keep in sight, and of what it is in, the innermost first
  onKey?: (event: React.KeyboardEvent, name: string) => void; // that the canvas does not use itself
  children?: ReactNode; // over the canvas
}

// Canvas shows a layout: pan, zoom, selection by mouse and keys. Arrow keys go through the states in the order of reading,
// Space opens and closes a container, / finds a state.
export function Canvas(props: CanvasProps) {
  return (
    <ReactFlowProvider>
      <Inner {...props} />
    </ReactFlowProvider>
  );
}

export const isState = (n: LayoutNode) => n.kind === 'state' || n.kind === 'container';

const big = 400; // nodes, from where on those out of sight are not in the page

function Inner(props: CanvasProps) {
  const { layout, folds, onSelect, selected, follow } = props;
  const dark = useDark();
  const place = useRef<HTMLDivElement>(null);
  const states = useMemo(() => layout.nodes.filter(isState), [layout]);
  const [found, setFound] = useState<string>(); // by its name, or by walking there
  const key = useWalk(props, states, place, setFound);
  const nodes = useNodes(props, key);
  const edges = useEdges(props);
  const followed = follow?.find((name) => states.some((n) => n.name === name));
  useFirstView(place, layout);
  useFollow(place, layout, followed);
  useFollow(place, layout, found);
  return (
    <div ref={place} className="graph" style={colours} role="group" aria-label={props.label} onKeyDown={(e) => e.key === '/' && openFind(e)}>
      <Tips />
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        colorMode={dark ? 'dark' : 'light'}
        minZoom={0.05}
        maxZoom={2}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        zoomOnDoubleClick={false}
        preventScrolling={false}
        panOnScroll
        deleteKeyCode={null}
        onPaneClick={() => onSelect?.(undefined)}
        onNodeDoubleClick={(_, n) => folds?.inside.has(n.id) && folds.toggle(n.id)}
        onlyRenderVisibleElements={layout.nodes.length > big}
      >
        <Controls showInteractive={false} position="bottom-left" />
        <Find
          names={states.map((n) => n.name)}
          onFind={(name) => {
            setFound(name);
            if (name) onSelect?.(name);
          }}
        />
        {props.children}
      </ReactFlow>
      <div className="graph-spoken" aria-live="polite">
        {spoken(props.views, selected)}
      </div>
    </div>
  );
}

function openFind(event: React.KeyboardEvent<HTMLElement>): void {
  if (event.target instanceof HTMLInputElement) return;
  event.currentTarget.querySelector<HTMLInputElement>('.graph-find input')?.focus();
  event.preventDefault();
}

// spoken is what is said of the selected state as it changes.
function spoken(views: CanvasProps['views'], selected: string | undefined): string {
  const view = selected !== undefined && views?.get(selected);
  return view ? `${selected}: ${statusWord(view.status)}` : '';
}

// useWalk returns what a key does that is pressed on a state.
function useWalk(props: CanvasProps, states: LayoutNode[], place: RefObject<HTMLElement | null>, onWalk: (name: string) => void) {
  const { folds, onSelect, onKey } = props;
  return useCallback(
    (event: React.KeyboardEvent, name: string) => {
      const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
      const at = states.findIndex((n) => n.name === name);
      const node = states[at];
      if (step && !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey) {
        const next = states[at + step];
        if (next) {
          onSelect?.(next.name);
          onWalk(next.name);
          requestAnimationFrame(() => place.current?.querySelector<HTMLElement>(`[data-state="${CSS.escape(next.name)}"]`)?.focus({ preventScroll: true }));
        }
        event.preventDefault();
      } else if (event.key === ' ' && node && folds?.inside.has(node.id)) {
        folds.toggle(node.id);
        event.preventDefault();
      } else onKey?.(event, name);
    },
    [states, place, folds, onSelect, onWalk, onKey],
  );
}

function useNodes(p: CanvasProps, onKey: (event: React.KeyboardEvent, name: string) => void): FlowNode[] {
  const { layout, folds, views, total, selected, marks, onSelect } = p;
  return useMemo(() => {
    const first = layout.nodes.some((n) => isState(n) && n.name === selected) ? selected : layout.nodes.find(isState)?.name;
    return layout.nodes.map((node): FlowNode => {
      const view = isState(node) ? views?.get(node.name) : undefined;
      return {
        id: node.id,
        type: 'state',
        position: { x: node.x, y: node.y },
        width: node.width,
        height: node.height,
        zIndex: node.kind === 'container' ? 0 : 2,
        style: { width: node.width, height: node.height, pointerEvents: 'all' }, // React Flow takes it from what it cannot select
        data: {
          node,
          view,
          share: view && total ? Math.min(1, view.time / total) : undefined,
          selected: isState(node) && node.name === selected,
          tabStop: node.name === first,
          dim: views !== undefined && isState(node) && !view,
          mark: marks?.get(node.name),
          inside: folds?.inside.get(node.id),
          closed: folds?.closed.has(node.id) ?? false,
          onSelect,
          onToggle: folds?.toggle,
          onKey,
        },
      };
    });
  }, [layout, folds, views, total, selected, marks, onSelect, onKey]);
}

function useEdges({ layout, taken }: CanvasProps): FlowEdge[] {
  return useMemo(() => {
    const names = new Map(layout.nodes.map((n) => [n.id, isState(n) ? n.name : '']));
    return layout.edges.map((edge): FlowEdge => {
      const went = taken?.has(`${names.get(edge.from)}>${names.get(edge.to)}>${edge.kind === 'catch' ? 'catch' : 'next'}`) ?? false;
      const data: EdgeData = { edge, taken: went, faint: taken !== undefined && !went };
      return { id: edge.id, type: 'way', source: edge.from, target: edge.to, data, zIndex: 1 };
    });
  }, [layout, taken]);
}
