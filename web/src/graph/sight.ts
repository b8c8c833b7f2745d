import { useReactFlow } from '@xyflow/react';
import { type RefObject, useEffect, useRef } from 'react';
import type { Layout } from '../api/layout';

// What of a picture is in sight.

type Place = RefObject<HTMLElement | null>;

const margin = 24; // px
const least = 0.75; // zoom, below which names cannot be read

// useFirstView starts at the top and fits the width, but never smaller than can be read.
export function useFirstView(place: Place, layout: Layout): void {
  const flow = useReactFlow();
  const done = useRef(false);
  useEffect(() => {
    const box = place.current;
    if (done.current || !box || layout.nodes.length === 0) return;
    done.current = true;
    const [width, height] = [box.clientWidth, box.clientHeight];
    const zoom = Math.min(1, Math.max(least, Math.min((width - margin) / layout.width, (height - margin) / layout.height)));
    const start = layout.nodes.find((n) => n.kind === 'start');
    const middle = layout.width * zoom <= width || !start ? layout.width / 2 : start.x + start.width / 2;
    void flow.setViewport({ x: width / 2 - middle * zoom, y: 8, zoom });
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
