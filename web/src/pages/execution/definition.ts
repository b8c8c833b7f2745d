import { type Node, parseTree } from 'jsonc-parser';

// What the page shows of a definition, as it was written.

function member(node: Node | undefined, name: string): Node | undefined {
  return node?.children?.find((p) => p.children?.[0]?.value === name)?.children?.[1];
}

// topStates returns the names of the states of the top level, in the order of the text.
export function topStates(definition: string): string[] {
  return (member(parseTree(definition), 'States')?.children ?? []).map((p) => String(p.children?.[0]?.value));
}

// stateText returns the text of a state, at whichever depth it is, with the indent taken away.
export function stateText(definition: string, name: string): string | undefined {
  const find = (node: Node | undefined): Node | undefined => {
    if (!node?.children) return undefined;
    const states = node.type === 'object' ? member(node, 'States') : undefined;
    const mine = member(states, name);
    if (mine) return mine;
    for (const child of node.children) {
      const found = find(child.type === 'property' ? child.children?.[1] : child);
      if (found) return found;
    }
    return undefined;
  };
  const node = find(parseTree(definition));
  return node && outdented(definition, node.offset, node.length);
}

function outdented(text: string, offset: number, length: number): string {
  const before = text.slice(text.lastIndexOf('\n', offset) + 1, offset);
  const indent = /^\s*/.exec(before)![0];
  return text.slice(offset, offset + length).replaceAll('\n' + indent, '\n');
}
