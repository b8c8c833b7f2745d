import { useReactFlow } from '@xyflow/react';
import { type RefObject, useEffect, useRef } from 'react';
import type { Layout } from '../../../api/layout';

// useViewport shows a picture from its top when it first comes, at a zoom that can be read, and later moves as little as
// it takes to have the selected state in sight.
export function useViewport(box: RefObject<HTMLDivElement | null>, layout: Layout | undefined, selected: string | undefined): void {
  const flow = useReactFlow();
  const begun = useRef(false);
  useEffect(() => {
    const el = box.current;
    if (!el || !layout || layout.nodes.length === 0) return;
    if (!begun.current) {
      begun.current = true;
      const zoom = Math.min(1, Math.max(0.7, (el.clientWidth - 40) / layout.width));
      void flow.setViewport({ x: (el.clientWidth - layout.width * zoom) / 2, y: 16, zoom });
      return;
    }
    const node = layout.nodes.find((n) => n.id === selected);
    if (!node) return;
    const { x, y, zoom } = flow.getViewport();
    const margin = 24;
    const left = node.x * zoom + x;
    const top = node.y * zoom + y;
    const height = Math.min(node.height * zoom, el.clientHeight - 2 * margin);
    const width = Math.min(node.width * zoom, el.clientWidth - 2 * margin);
    const dx = left < margin ? margin - left : Math.min(0, el.clientWidth - margin - (left + width));
    const dy = top < margin ? margin - top : Math.min(0, el.clientHeight - margin - (top + height));
    if (dx !== 0 || dy !== 0) void flow.setViewport({ x: x + dx, y: y + dy, zoom }, { duration: 150 });
  }, [box, flow, layout, selected]);
}
