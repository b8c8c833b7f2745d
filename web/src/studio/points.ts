import type { Layout, LayoutEdge, LayoutNode, LayoutPoint } from '../api/layout';
import { pointerOf, type Tree } from './document';
import type { Where } from './operations';
import { placeOf, placesIn, type Reference, referencesIn, type Scope, scopesIn } from './states';

// Point is where a state can be put into the picture.
export interface Point extends LayoutPoint {
  id: string;
  where: Where;
  label: string; // what it is called for people who do not see it
}

// along returns the place on a line at a share of the way from one of its places.
export function along(points: LayoutPoint[], share: number): LayoutPoint {
  const lengths = points.slice(1).map((p, i) => Math.hypot(p.x - points[i]!.x, p.y - points[i]!.y));
  let rest = lengths.reduce((a, b) => a + b, 0) * share;
  for (const [i, length] of lengths.entries()) {
    const a = points[i]!;
    const b = points[i + 1]!;
    if (rest <= length && length > 0) return { x: a.x + ((b.x - a.x) * rest) / length, y: a.y + ((b.y - a.y) * rest) / length };
    rest -= length;
  }
  return points.at(-1) ?? { x: 0, y: 0 };
}

// afterLabel cuts a line off at its label.
function afterLabel(edge: LayoutEdge): LayoutPoint[] {
  const i = edge.points.findIndex((p, k) => k > 0 && between(edge.points[k - 1]!, edge.at, p));
  return i < 0 ? edge.points : [edge.at, ...edge.points.slice(i)];
}

function between(a: LayoutPoint, p: LayoutPoint, b: LayoutPoint): boolean {
  const in1 = (u: number, v: number, w: number) => Math.min(u, w) - 0.5 <= v && v <= Math.max(u, w) + 0.5;
  return in1(a.x, p.x, b.x) && in1(a.y, p.y, b.y);
}

function onEdge(edge: LayoutEdge): LayoutPoint {
  return edge.label ? along(afterLabel(edge), 0.6) : along(edge.points, 0.5);
}

// besides places a point where no line is: on the border of a state.
function besides(ref: Reference, from: LayoutNode | undefined, to: LayoutNode | undefined, container: LayoutNode | undefined): LayoutPoint | undefined {
  if (ref.from === undefined && to) return { x: to.x + to.width / 2, y: to.y };
  if (from && ref.to === undefined) return { x: from.x + from.width / 2, y: from.y + from.height };
  if (ref.from === undefined && container) return { x: container.x + container.width / 2, y: container.y + container.height * 0.65 };
  return undefined;
}

function labelOf(ref: Reference): string {
  if (ref.from === undefined) return ref.to ? `Insert before ${ref.to}` : 'Insert the first state';
  if (ref.to === undefined) return `Insert after ${ref.from}`;
  return `Insert between ${ref.from} and ${ref.to}`;
}

function pointsOf(tree: Tree, layout: Layout, scope: Scope, nodes: Map<string, LayoutNode>): Point[] {
  const base = pointerOf(scope);
  const free = [...layout.edges];
  const container = nodes.get(pointerOf(scope.slice(0, scope.at(-2) === 'Branches' ? -2 : -1)));
  return referencesIn(tree, scope).flatMap((ref) => {
    const from = ref.from === undefined ? `${base}#start` : placeOf(scope, ref.from).pointer;
    const to = ref.to ? placeOf(scope, ref.to).pointer : `${base}#end`;
    const kind = ref.kind === 'start' ? 'next' : ref.kind;
    const i = free.findIndex((e) => e.from === from && e.to === to && e.kind === kind);
    const edge = i < 0 ? undefined : free.splice(i, 1)[0];
    const at = edge ? onEdge(edge) : besides(ref, nodes.get(from), nodes.get(to), scope.length > 0 ? container : undefined);
    const where: Where = ref.from === undefined && !ref.to ? { in: scope } : { on: ref.pointer, scope };
    return at ? [{ ...at, id: ref.pointer, where, label: labelOf(ref) }] : [];
  });
}

// pointsIn returns all points of a picture. A machine without states has one, in the middle of nothing.
export function pointsIn(tree: Tree, layout: Layout): Point[] {
  const nodes = new Map(layout.nodes.map((n) => [n.id, n]));
  const places = placesIn(tree);
  if (places.length === 0) return [{ x: 0, y: 0, id: 'first', where: { in: [] }, label: 'Insert the first state' }];
  const scopes: Scope[] = [[], ...places.flatMap((p) => scopesIn(tree, p.path))];
  return scopes.flatMap((scope) => pointsOf(tree, layout, scope, nodes));
}

// nearest returns the point that is nearest to a place.
export function nearest(points: Point[], at: LayoutPoint): Point | undefined {
  let best: Point | undefined;
  let least = Infinity;
  for (const p of points) {
    const d = (p.x - at.x) ** 2 + (p.y - at.y) ** 2;
    if (d < least) [least, best] = [d, p];
  }
  return best;
}
