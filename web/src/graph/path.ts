import type { LayoutPoint } from '../api/layout';

// pathOf writes the points of a line as the d of an SVG path with round corners.
export function pathOf(points: LayoutPoint[], radius = 8): string {
  return points
    .map((at, i) => {
      if (i === 0) return `M${at.x} ${at.y}`;
      if (i === points.length - 1) return `L${at.x} ${at.y}`;
      const before = toward(at, points[i - 1]!, radius);
      const after = toward(at, points[i + 1]!, radius);
      return `L${before.x} ${before.y}Q${at.x} ${at.y} ${after.x} ${after.y}`;
    })
    .join('');
}

// toward is the point on the way from a to b, r away or half of the way.
function toward(a: LayoutPoint, b: LayoutPoint, r: number): LayoutPoint {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = Math.abs(dx) + Math.abs(dy);
  if (length === 0) return a;
  const f = Math.min(r, length / 2) / length;
  return { x: a.x + dx * f, y: a.y + dy * f };
}
