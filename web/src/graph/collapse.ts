import type { Layout, LayoutNode } from '../api/layout';

// Above this many states containers are shown closed at first: a picture of all of them is one of none.
export const manyStates = 150;

// inside returns the ids of all containers that a node is in, the innermost first.
function inside(node: LayoutNode, byId: Map<string, LayoutNode>): string[] {
  const ids: string[] = [];
  for (let p = node.parent; p; p = byId.get(p)?.parent) ids.push(p);
  return ids;
}

// collapsed returns the layout without what is in closed containers, and how many states each of those hides. Places stay:
// what is closed is an empty box, so that nothing moves when it is opened.
export function collapsed(layout: Layout, closed: ReadonlySet<string>): { layout: Layout; hidden: Map<string, number> } {
  if (closed.size === 0) return { layout, hidden: new Map() };
  const byId = new Map(layout.nodes.map((n) => [n.id, n]));
  const hidden = new Map<string, number>();
  const nodes = layout.nodes.filter((n) => {
    const outer = inside(n, byId).filter((id) => closed.has(id));
    for (const id of outer) hidden.set(id, (hidden.get(id) ?? 0) + 1);
    return outer.length === 0;
  });
  const shown = new Set(nodes.map((n) => n.id));
  return { layout: { ...layout, nodes, edges: layout.edges.filter((e) => shown.has(e.from) && shown.has(e.to)) }, hidden };
}
