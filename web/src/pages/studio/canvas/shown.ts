import type { Layout } from '../../../api/layout';
import type { FlowEdge } from '../../../graph/StateEdge';
import { placeAt } from '../../../studio/states';
import type { Studio } from '../context';
import { order } from './keys';
import type { ShownNode } from './nodes';

// counted returns how many findings there are of a severity by the pointer of the innermost state.
function counted(studio: Studio, severity: string): Map<string, number> {
  const out = new Map<string, number>();
  for (const d of studio.diagnostics) {
    if (d.severity !== severity) continue;
    const pointer = placeAt(studio.tree, d.pointer)?.pointer;
    if (pointer) out.set(pointer, (out.get(pointer) ?? 0) + 1);
  }
  return out;
}

// nodesOf makes nodes of React Flow of a picture.
export function nodesOf(studio: Studio): ShownNode[] {
  const { layout, place } = studio;
  if (!layout) return [];
  const errors = counted(studio, 'ERROR');
  const warnings = counted(studio, 'WARNING');
  const all = order(layout.nodes);
  const indexes = new Map(all.map((n, i) => [n.id, i]));
  const known = place !== undefined && indexes.has(place.pointer);
  return layout.nodes.map((node) => ({
    id: node.id,
    type: 'shown',
    position: { x: node.x, y: node.y },
    width: node.width,
    height: node.height,
    style: { width: node.width, height: node.height },
    zIndex: node.kind === 'container' ? 0 : 2,
    data: {
      node,
      selected: node.id === place?.pointer,
      tabStop: known ? node.id === place.pointer : node === all[0],
      errors: errors.get(node.id) ?? 0,
      warnings: warnings.get(node.id) ?? 0,
      where: `${(indexes.get(node.id) ?? 0) + 1} of ${all.length}`,
      editable: !studio.readonly && !studio.stale,
    },
  }));
}

export function edgesOf(layout: Layout | undefined): FlowEdge[] {
  return (layout?.edges ?? []).map((edge) => ({ id: edge.id, source: edge.from, target: edge.to, type: 'way', data: { edge, taken: false, faint: false }, zIndex: 1 }));
}
