import '@xyflow/react/dist/base.css';
import './graph.css';
import { Controls, ReactFlow, ReactFlowProvider, useReactFlow } from '@xyflow/react';
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Layout, LayoutEdge, LayoutNode } from '../api/layout';
import { useDark } from '../app/theme';
import type { StateView } from '../history/fold';
import { collapsed, manyStates } from './collapse';
import { colours } from './colours';
import { type EdgeData, type FlowEdge, StateEdge, Tips } from './StateEdge';
import { type FlowNode, StateNode } from './StateNode';

const nodeTypes = { state: StateNode };
const edgeTypes = { way: StateEdge };

interface Props {
  layout: Layout;
  label: string; // what the picture is of, for those who do not see it
  views?: Map<string, StateView>; // of an execution, by the names of states
  taken?: Set<string>; // as takenAt of history/fold
  total?: number; // ms of the whole execution
  selected?: string;
  onSelect?: (name: string | undefined) => void;
  problems?: Map<string, string>; // by the names of states
  dim?: boolean; // it is not the present text
  follow?: string; // name of the state to keep in sight
  edgeAction?: (edge: LayoutEdge) => ReactNode;
  onKey?: (event: React.KeyboardEvent, name: string) => void; // that the canvas does not use itself
  children?: ReactNode; // over the canvas
}

// Canvas shows a layout: pan, zoom, selection by mouse and keys. Arrow keys go through the states in the order of reading.
export function Canvas(props: Props) {
  return (
    <ReactFlowProvider>
      <Inner {...props} />
    </ReactFlowProvider>
  );
}

function Inner(props: Props) {
  const { layout, onSelect, onKey, follow } = props;
  const dark = useDark();
  const place = useRef<HTMLDivElement>(null);
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const closed = useMemo(() => closedOf(layout, toggled), [layout, toggled]);
  const shown = useMemo(() => collapsed(layout, closed), [layout, closed]);
  const order = useMemo(() => shown.layout.nodes.filter(isState).map((n) => n.name), [shown]);
  const toggle = useCallback((id: string) => setToggled((old) => new Set(old.has(id) ? [...old].filter((x) => x !== id) : [...old, id])), []);
  const key = useCallback(
    (event: React.KeyboardEvent, name: string) => {
      const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
      const node = shown.layout.nodes.find((n) => n.name === name && isState(n));
      if (step && !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey) {
        const next = order[order.indexOf(name) + step];
        if (next) {
          onSelect?.(next);
          focusState(place.current, next);
        }
        event.preventDefault();
      } else if (event.key === ' ' && node?.kind === 'container') {
        toggle(node.id);
        event.preventDefault();
      } else onKey?.(event, name);
    },
    [shown, order, onSelect, onKey, toggle],
  );
  const nodes = useNodes(props, shown, key);
  const edges = useEdges(props, shown.layout);
  useFirstView(layout);
  useFollow(layout, follow);
  return (
    <div ref={place} className="graph" style={colours} role="group" aria-label={props.label}>
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
        onNodeDoubleClick={(_, n) => n.data.node.kind === 'container' && toggle(n.id)}
        onlyRenderVisibleElements={shown.layout.nodes.length > 400}
      >
        <Controls showInteractive={false} />
        {props.children}
      </ReactFlow>
    </div>
  );
}

const isState = (n: LayoutNode) => n.kind === 'state' || n.kind === 'container';

// closedOf returns which containers are closed: of many states all outermost ones, but for those that were opened.
function closedOf(layout: Layout, toggled: ReadonlySet<string>): ReadonlySet<string> {
  const many = layout.nodes.filter(isState).length > manyStates;
  if (!many) return toggled;
  return new Set(layout.nodes.filter((n) => n.kind === 'container' && !toggled.has(n.id)).map((n) => n.id));
}

function focusState(place: HTMLElement | null, name: string): void {
  requestAnimationFrame(() => place?.querySelector<HTMLElement>(`[data-state="${CSS.escape(name)}"]`)?.focus());
}

type Shown = ReturnType<typeof collapsed>;

function useNodes(p: Props, shown: Shown, onKey: (event: React.KeyboardEvent, name: string) => void): FlowNode[] {
  const { views, total, selected, problems, dim, onSelect } = p;
  return useMemo(() => {
    const first = selected ?? shown.layout.nodes.find(isState)?.name;
    return shown.layout.nodes.map((node): FlowNode => {
      const view = isState(node) ? views?.get(node.name) : undefined;
      return {
        id: node.id,
        type: 'state',
        position: { x: node.x, y: node.y },
        width: node.width,
        height: node.height,
        zIndex: node.kind === 'container' ? 0 : 2,
        style: { width: node.width, height: node.height },
        data: {
          node,
          view,
          share: view && total ? view.time / total : undefined,
          selected: isState(node) && node.name === selected,
          tabStop: node.name === first,
          dim: dim === true || (views !== undefined && isState(node) && !view),
          problem: problems?.get(node.name),
          collapsed: shown.hidden.get(node.id),
          onSelect,
          onKey,
        },
      };
    });
  }, [shown, views, total, selected, problems, dim, onSelect, onKey]);
}

function useEdges(p: Props, layout: Layout): FlowEdge[] {
  const { taken, edgeAction } = p;
  return useMemo(() => {
    const names = new Map(layout.nodes.map((n) => [n.id, isState(n) ? n.name : '']));
    return layout.edges.map((edge): FlowEdge => {
      const went = taken?.has(`${names.get(edge.from)}>${names.get(edge.to)}>${edge.kind === 'catch' ? 'catch' : 'next'}`) ?? false;
      const data: EdgeData = { edge, taken: went, faint: taken !== undefined && !went, action: edgeAction };
      return { id: edge.id, type: 'way', source: edge.from, target: edge.to, data, zIndex: 1 };
    });
  }, [layout, taken, edgeAction]);
}

// useFirstView starts at the top and fits the width, but never smaller than can be read.
function useFirstView(layout: Layout): void {
  const flow = useReactFlow();
  const done = useRef(false);
  const rect = useRef<HTMLElement>(null);
  useEffect(() => {
    rect.current = document.querySelector<HTMLElement>('.graph');
    if (done.current || !rect.current || layout.nodes.length === 0) return;
    done.current = true;
    const width = rect.current.clientWidth;
    const height = rect.current.clientHeight;
    const zoom = Math.min(1, Math.max(0.75, Math.min((width - 32) / layout.width, (height - 16) / layout.height)));
    const start = layout.nodes.find((n) => n.kind === 'start');
    const middle = layout.width * zoom <= width || !start ? layout.width / 2 : start.x + start.width / 2;
    void flow.setViewport({ x: width / 2 - middle * zoom, y: 8, zoom });
  }, [flow, layout]);
}

function useFollow(layout: Layout, name: string | undefined): void {
  const flow = useReactFlow();
  useEffect(() => {
    const node = name && layout.nodes.find((n) => n.name === name && isState(n));
    if (!node) return;
    const { x, y, zoom } = flow.getViewport();
    const view = document.querySelector<HTMLElement>('.graph');
    if (!view) return;
    const [left, top] = [node.x * zoom + x, node.y * zoom + y];
    const seen = left >= 0 && top >= 0 && left + node.width * zoom <= view.clientWidth && top + Math.min(node.height, 120) * zoom <= view.clientHeight;
    if (!seen) void flow.setCenter(node.x + node.width / 2, node.y + Math.min(node.height, 200) / 2, { zoom, duration: 200 });
  }, [flow, layout, name]);
}
