import { lintGutter, lintKeymap, type Diagnostic as Mark, setDiagnostics } from '@codemirror/lint';
import { Compartment, type EditorState, type Extension, type TransactionSpec } from '@codemirror/state';
import { EditorView, keymap } from '@codemirror/view';
import { basics, languageOf } from './setup';
import { themeOf } from './theme';

// An editor of a definition: findings of the server on its lines, and a theme that can be switched.
const theme = new Compartment();

export function definitionEditor(label: string, dark: boolean, more: Extension = []): Extension {
  return [
    // What is more comes first, so that its keys win.
    more,
    basics(label),
    languageOf('json'),
    lintGutter(),
    keymap.of(lintKeymap),
    theme.of(themeOf(dark)),
    EditorView.theme({ '&': { height: '100%' }, '.cm-scroller': { overflow: 'auto' } }),
  ];
}

export function withTheme(dark: boolean): TransactionSpec {
  return { effects: theme.reconfigure(themeOf(dark)) };
}

// Finding is one of the server or of the parser: a stretch of the text and what is wrong with it.
export interface Finding {
  start: number;
  end: number;
  severity: string; // ERROR or WARNING
  message: string;
}

// marked shows findings in an editor. They are of the text that it has.
export function marked(state: EditorState, findings: Finding[]): TransactionSpec {
  const size = state.doc.length;
  const marks = findings.map(
    (f): Mark => ({
      from: Math.min(f.start, size),
      to: Math.min(Math.max(f.end, f.start), size),
      severity: f.severity === 'ERROR' ? 'error' : 'warning',
      message: f.message,
    }),
  );
  return setDiagnostics(state, marks);
}
