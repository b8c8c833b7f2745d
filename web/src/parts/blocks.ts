// The Markdown that READMEs of samples are written in: headings, paragraphs, lists, code, and within lines code, bold and links.

export type Block =
  | { kind: 'heading'; level: number; text: string }
  | { kind: 'text'; text: string }
  | { kind: 'list'; ordered: boolean; items: string[] }
  | { kind: 'code'; text: string };

export type Inline = { kind: 'text' | 'code' | 'bold'; text: string } | { kind: 'link'; text: string; href: string };

const item = /^(?:[-*]|\d+\.)\s+/;

// blocksOf cuts a text into its blocks.
export function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; ) {
    const line = lines[i]!;
    const heading = /^(#{1,6})\s+(.*)$/.exec(line);
    if (line.startsWith('```')) {
      const end = lines.findIndex((l, j) => j > i && l.startsWith('```'));
      const stop = end < 0 ? lines.length : end;
      blocks.push({ kind: 'code', text: lines.slice(i + 1, stop).join('\n') });
      i = stop + 1;
    } else if (heading) {
      blocks.push({ kind: 'heading', level: heading[1]!.length, text: heading[2]! });
      i++;
    } else if (line.trim() === '') i++;
    else {
      const taken = paragraph(lines, i);
      blocks.push(item.test(line) ? listOf(taken) : { kind: 'text', text: taken.join(' ') });
      i += taken.length;
    }
  }
  return blocks;
}

function paragraph(lines: string[], from: number): string[] {
  let end = from + 1;
  while (end < lines.length && lines[end]!.trim() !== '' && !/^(```|#{1,6}\s)/.test(lines[end]!)) end++;
  return lines.slice(from, end);
}

function listOf(lines: string[]): Block {
  const items: string[] = [];
  for (const line of lines) {
    if (item.test(line)) items.push(line.replace(item, ''));
    else items.push(`${items.pop() ?? ''} ${line.trim()}`);
  }
  return { kind: 'list', ordered: /^\d/.test(lines[0]!), items };
}

// inlinesOf cuts a line into its parts. Links lead to the web alone: those within the repository are shown as text.
export function inlinesOf(text: string): Inline[] {
  const parts: Inline[] = [];
  let last = 0;
  const add = (s: string) => s && parts.push({ kind: 'text', text: s });
  for (const m of text.matchAll(/`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\(([^)\s]+)\)/g)) {
    add(text.slice(last, m.index));
    last = m.index + m[0].length;
    if (m[1] !== undefined) parts.push({ kind: 'code', text: m[1] });
    else if (m[2] !== undefined) parts.push({ kind: 'bold', text: m[2] });
    else if (/^https?:/.test(m[4]!)) parts.push({ kind: 'link', text: m[3]!, href: m[4]! });
    else add(m[3]!);
  }
  add(text.slice(last));
  return parts;
}
