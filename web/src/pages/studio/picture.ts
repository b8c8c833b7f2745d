import { post } from '../../api/client';
import type { Layout, LayoutNode } from '../../api/layout';
import { glyphs, unknownGlyph } from '../../graph/glyphs';
import { pathOf } from '../../graph/path';

const style = `svg{font-family:system-ui,sans-serif}.n{fill:#fff;stroke:#7d8998;stroke-width:1.5}.c{fill:#f4f5f7;stroke:#7d8998;stroke-width:1.5}.e{fill:none;stroke:#5f6b7a;stroke-width:1.5}.catch{stroke-dasharray:5 4}.name{font-size:13px;font-weight:600;fill:#0f141a}.sub{font-size:11px;fill:#424650}.plate{fill:#fff}.pill{fill:#424650}.pilltext{font-size:11px;font-weight:600;fill:#fff}.g{fill:none;stroke:#424650;stroke-width:1.6;stroke-linecap:round;stroke-linejoin:round}`;

const escaped = (s: string) => s.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!);

function nodeOf(n: LayoutNode): string {
  const box = (cls: string, r: number) => `<rect class="${cls}" x="${n.x}" y="${n.y}" width="${n.width}" height="${n.height}" rx="${r}"/>`;
  if (n.kind === 'start' || n.kind === 'end') return box('pill', 14) + `<text class="pilltext" text-anchor="middle" x="${n.x + n.width / 2}" y="${n.y + 18}">${escaped(n.name)}</text>`;
  const glyph = `<path class="g" transform="translate(${n.x + 10} ${n.y + 16})" d="${glyphs[n.type ?? ''] ?? unknownGlyph}"/>`;
  const words = `<text class="name" x="${n.x + 40}" y="${n.y + 22}">${escaped(n.name)}</text><text class="sub" x="${n.x + 40}" y="${n.y + 39}">${escaped(n.label || n.type || '')}</text>`;
  return box(n.kind === 'container' ? 'c' : 'n', 8) + glyph + words;
}

// drawn makes a picture of a text that may not be saved yet.
export async function drawn(definition: string): Promise<string> {
  const l = await post<Layout>('layout', { definition });
  const edges = l.edges.map((e) => `<path class="e ${e.kind}" marker-end="url(#tip)" d="${pathOf(e.points)}"/>`);
  const labels = l.edges.filter((e) => e.label).map((e) => `<rect class="plate" x="${e.at.x - e.label!.length * 3.2 - 3}" y="${e.at.y - 9}" width="${e.label!.length * 6.4 + 6}" height="18" rx="4"/><text class="sub" text-anchor="middle" x="${e.at.x}" y="${e.at.y + 4}">${escaped(e.label!)}</text>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${l.width}" height="${l.height}" viewBox="0 0 ${l.width} ${l.height}"><style>${style}</style><defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#5f6b7a"/></marker></defs>${[...l.nodes.filter((n) => n.kind === 'container').map(nodeOf), ...edges, ...l.nodes.filter((n) => n.kind !== 'container').map(nodeOf), ...labels].join('')}</svg>`;
}
