import '@xyflow/react/dist/base.css';
import '../../../graph/graph.css';
import Button from '@cloudscape-design/components/button';
import { Background, Controls, ReactFlow, ReactFlowProvider, useReactFlow } from '@xyflow/react';
import { type ClipboardEvent, type DragEvent, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { StateEdge, Tips } from '../../../graph/StateEdge';
import { useDark } from '../../../app/theme';
import { Empty } from '../../../parts/Empty';
import { cut } from '../../../studio/edit';
import { parsed } from '../../../studio/fragment';
import { read as readTree } from '../../../studio/document';
import { add, move, type Where } from '../../../studio/operations';
import { nearest, type Point, pointsIn } from '../../../studio/points';
import { Refusal } from '../../../studio/rename';
import { placeAt, endTypes, typeAt, placesIn } from '../../../studio/states';
import { useStudio } from '../context';
import { dragged, dropped, endDrag, isOurs, subscribeDrag } from '../dragging';
import { type Doing, press } from './keys';
import { ShownNodeView } from './nodes';
import { Points } from './Points';
import { edgesOf, nodesOf } from './shown';
import { useViewport } from './viewport';

const nodeTypes = { shown: ShownNodeView };
const edgeTypes = { way: StateEdge };

export function Canvas(props: Doing) {
  return (
    <ReactFlowProvider>
      <Flow {...props} />
    </ReactFlowProvider>
  );
}

function Flow(doing: Doing) {
  const studio = useStudio();
  const { layout, tree, run } = studio;
  const flow = useReactFlow();
  const dark = useDark();
  const box = useRef<HTMLDivElement>(null);
  const drag = useSyncExternalStore(subscribeDrag, dragged);
  const [over, setOver] = useState<string>();
  const nodes = useMemo(() => nodesOf(studio), [studio]);
  const edges = useMemo(() => edgesOf(layout), [layout]);
  const points = useMemo(() => (layout && !studio.stale && !studio.readonly ? pointsIn(tree, layout) : []), [tree, layout, studio.stale, studio.readonly]);
  const empty = !studio.stale && placesIn(tree).length === 0;
  useViewport(box, layout, studio.place?.pointer);

  // Who walks with the keys takes the focus along.
  useEffect(() => {
    const active = document.activeElement;
    if (!studio.place || !box.current?.contains(active)) return;
    box.current.querySelector<HTMLElement>(`[data-pointer="${CSS.escape(studio.place.pointer)}"]`)?.focus({ preventScroll: true });
  }, [studio.place?.pointer, nodes]);

  const pointUnder = (e: DragEvent): Point | undefined => nearest(points, flow.screenToFlowPosition({ x: e.clientX, y: e.clientY }));
  const onDragOver = (e: DragEvent) => {
    if (!isOurs(e) || points.length === 0) return;
    e.preventDefault();
    e.dataTransfer.dropEffect = drag?.move ? 'move' : 'copy';
    setOver(pointUnder(e)?.id);
  };
  const onDrop = (e: DragEvent) => {
    const what = dropped(e);
    const point = pointUnder(e);
    setOver(undefined);
    endDrag();
    if (!what || !point) return;
    e.preventDefault();
    if (what.move) run((text) => moved(text, what.move, point.where));
    else studio.insert(what.piece, what.title, point.where);
  };
  const onCopy = (e: ClipboardEvent) => {
    if (!studio.place || window.getSelection()?.toString()) return;
    e.preventDefault();
    e.clipboardData.setData('text/plain', `{\n  ${JSON.stringify(studio.place.name)}: ${cut(tree, studio.place.path)}\n}`);
  };
  const onPaste = (e: ClipboardEvent) => {
    if (studio.readonly) return;
    e.preventDefault();
    const pasted = e.clipboardData.getData('text/plain');
    run((text) => {
      const piece = parsed(pasted);
      if (!piece) throw new Refusal('What was copied is no state: it is ASL text that can be pasted here.');
      return add(text, whereToPaste(), piece);
    });
  };
  const whereToPaste = (): Where => {
    if (!studio.place) return { in: [] };
    return endTypes.has(typeAt(tree, studio.place)) ? { before: studio.place } : { after: studio.place };
  };

  return (
    <div
      ref={box}
      className={`graph canvas${studio.stale ? ' stale' : ''}${drag ? ' dragging' : ''}`}
      role="application"
      aria-label="Workflow. Arrows walk over the states; a inserts after, i before, w wraps, c catches errors, F2 renames, Delete deletes."
      tabIndex={empty ? 0 : -1}
      onKeyDown={(e) => {
        if (press(e, studio, doing)) e.preventDefault();
      }}
      onDragOver={onDragOver}
      onDragLeave={(e) => !box.current?.contains(e.relatedTarget as Node | null) && setOver(undefined)}
      onDrop={onDrop}
      onCopy={onCopy}
      onCut={(e) => {
        onCopy(e);
        if (!studio.readonly) doing.cut();
      }}
      onPaste={onPaste}
    >
      <Tips />
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        colorMode={dark ? 'dark' : 'light'}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        disableKeyboardA11y
        deleteKeyCode={null}
        minZoom={0.2}
        maxZoom={2}
        panOnScroll
        zoomOnDoubleClick={false}
        onPaneClick={() => studio.select('')}
        onNodeClick={(_, n) => placeAt(tree, n.id) && studio.select(n.id)}
        attributionPosition="bottom-left"
      >
        <Background gap={20} size={1} />
        <Controls showInteractive={false} position="bottom-right" />
        {!empty && <Points points={points} dragging={drag !== undefined} over={over} onPick={(p) => studio.pick(p.where)} />}
      </ReactFlow>
      {empty && (
        <div className={`invite${over ? ' over' : ''}`}>
          <Empty title="Nothing here yet" action={studio.readonly ? undefined : <Button onClick={() => studio.pick({ in: [] })}>Add the first state</Button>}>
            Drag a state from the palette to here, press a, or write the definition.
          </Empty>
        </div>
      )}
      {studio.stale && <div className="veil">The text cannot be read at the moment. This is how it was before.</div>}
    </div>
  );
}

function moved(text: string, pointer: string, where: Where) {
  const place = placeAt(readTree(text), pointer);
  if (!place) throw new Refusal('This state is there no longer.');
  return move(text, place, where);
}
