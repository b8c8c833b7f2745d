import { useReactFlow } from '@xyflow/react';
import { type RefObject, useEffect, useRef } from 'react';
import type { Layout } from '../api/layout';

// What of a picture is in sight.

type Place = RefObject<HTMLElement | null>;

const margin = 24; // px
const least = 0.75; // zoom, below which names cannot be read

// leftOf is where a picture begins: in the middle or, where it is wider than there is room, so that its start is there and
// nothing beside it is empty.
export function leftOf(room: number, width: number, start = width / 2): number {
  if (width <= room) return (room - width) / 2;
  return Math.min(0, Math.max(room - width, room / 2 - start));
}

// useFirstView starts at the top and fits the width, but never smaller than can be read.
export function useFirstView(place: Place, layout: Layout): void {
  const flow = useReactFlow();
  const done = useRef(false);
  useEffect(() => {
    const box = place.current;
    if (done.current || !box || layout.nodes.length === 0) return;
    done.current = true;
    const width = box.clientWidth;
    const zoom = Math.min(1, Math.max(least, (width - margin) / layout.width));
    const start = layout.nodes.find((n) => n.kind === 'start');
    void flow.setViewport({ x: leftOf(width, layout.width * zoom, start && (start.x + start.width / 2) * zoom), y: 8, zoom });
  }, [flow, layout, place]);
}

const still = typeof matchMedia === 'function' ? matchMedia('(prefers-reduced-motion: reduce)') : undefined;

// useFollow moves the picture so that a state is in sight.
export function useFollow(place: Place, layout: Layout, name: string | undefined): void {
  const flow = useReactFlow();
  useEffect(() => {
    const box = place.current;
    const node = name && layout.nodes.find((n) => n.name === name && (n.kind === 'state' || n.kind === 'container'));
    if (!node || !box) return;
    const { x, y, zoom } = flow.getViewport();
    const [left, top] = [node.x * zoom + x, node.y * zoom + y];
    const seen = left >= 0 && top >= 0 && left + node.width * zoom <= box.clientWidth && top + Math.min(node.height, 120) * zoom <= box.clientHeight;
    if (!seen) void flow.setCenter(node.x + node.width / 2, node.y + Math.min(node.height, 200) / 2, { zoom, duration: still?.matches ? 0 : 200 });
  }, [flow, layout, name, place]);
}
