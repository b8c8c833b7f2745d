import { MergeView } from '@codemirror/merge';
import { EditorState } from '@codemirror/state';
import { EditorView, lineNumbers } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { useDark } from '../app/theme';
import { languageOf } from './setup';
import { themeOf } from './theme';

interface Props {
  a: string;
  b: string;
  label: string;
  height?: string;
}

// Diff shows two texts side by side; what is the same is folded.
export default function Diff({ a, b, label, height = '500px' }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const dark = useDark();
  useEffect(() => {
    const side = (doc: string, which: string) => ({
      doc,
      extensions: [
        lineNumbers(),
        languageOf('json'),
        themeOf(dark),
        EditorState.readOnly.of(true),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': `${label}: ${which}` }),
      ],
    });
    const view = new MergeView({
      a: side(a, 'before'),
      b: side(b, 'after'),
      parent: place.current!,
      collapseUnchanged: { margin: 3, minSize: 6 },
      gutter: true,
    });
    return () => view.destroy();
  }, [a, b, dark, label]);
  return <div ref={place} role="region" aria-label={label} tabIndex={0} style={{ maxHeight: height, overflow: 'auto' }} />;
}
