import Box from '@cloudscape-design/components/box';
import Link from '@cloudscape-design/components/link';
import { Fragment } from 'react';
import { type Block, blocksOf, inlinesOf } from './blocks';

function Line({ text }: { text: string }) {
  return inlinesOf(text).map((part, i) => {
    switch (part.kind) {
      case 'code':
        return (
          <code key={i} className="mono">
            {part.text}
          </code>
        );
      case 'bold':
        return <b key={i}>{part.text}</b>;
      case 'link':
        return (
          <Link key={i} href={part.href} external>
            {part.text}
          </Link>
        );
      case 'text':
        return <Fragment key={i}>{part.text}</Fragment>;
    }
  });
}

function One({ block }: { block: Block }) {
  switch (block.kind) {
    case 'heading':
      return <Box variant={block.level <= 2 ? 'h3' : 'h4'}>{block.text}</Box>;
    case 'text':
      return (
        <Box variant="p">
          <Line text={block.text} />
        </Box>
      );
    case 'code':
      return (
        <pre className="mono block" tabIndex={0}>
          {block.text}
        </pre>
      );
    case 'list': {
      const items = block.items.map((text, i) => (
        <li key={i}>
          <Line text={text} />
        </li>
      ));
      return block.ordered ? <ol>{items}</ol> : <ul>{items}</ul>;
    }
  }
}

// Markdown shows a text; its first heading is left out, since the page has one.
export function Markdown({ text }: { text: string }) {
  const blocks = blocksOf(text);
  return (
    <div>
      {blocks.slice(blocks[0]?.kind === 'heading' ? 1 : 0).map((block, i) => (
        <One key={i} block={block} />
      ))}
    </div>
  );
}
