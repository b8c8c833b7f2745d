import { useEffect, useRef } from 'react';
import { EditorView } from '@codemirror/view';
import { Compartment, EditorState } from '@codemirror/state';
import type { CodeProps } from '../parts/Code';
import { useDark } from '../app/theme';
import { basics, languageOf } from './setup';
import { themeOf } from './theme';

// Editor is CodeMirror for one text that its owner has. Pages that do more with an editor (the Studio) make a view of
// their own from setup.ts.
export default function Editor({ value, language, label, height = '400px', onChange }: CodeProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const change = useRef(onChange);
  const theme = useRef(new Compartment());
  const words = useRef(new Compartment());
  const dark = useDark();
  const reads = onChange === undefined;
  useEffect(() => {
    change.current = onChange;
  });
  useEffect(() => {
    const v = new EditorView({
      parent: place.current!,
      state: EditorState.create({
        doc: value,
        extensions: [
          basics(label),
          words.current.of(languageOf(language)),
          theme.current.of(themeOf(dark)),
          EditorState.readOnly.of(reads),
          EditorView.theme({ '&': { height, maxHeight: height } }),
          EditorView.updateListener.of((u) => u.docChanged && change.current?.(u.state.doc.toString())),
        ],
      }),
    });
    view.current = v;
    return () => v.destroy();
    // The view is made anew for another place alone: what it shows is told to it below, so that whoever writes goes on.
  }, [label, height, reads]);
  useEffect(() => {
    view.current?.dispatch({ effects: words.current.reconfigure(languageOf(language)) });
  }, [language]);
  useEffect(() => {
    view.current?.dispatch({ effects: theme.current.reconfigure(themeOf(dark)) });
  }, [dark]);
  useEffect(() => {
    const v = view.current;
    if (v && v.state.doc.toString() !== value) v.dispatch({ changes: { from: 0, to: v.state.doc.length, insert: value } });
  }, [value]);
  return <div ref={place} className="code" />;
}
