import { autocompletion } from '@codemirror/autocomplete';
import { EditorView } from '@codemirror/view';
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { completeDefinition } from '../../editor/completion';
import { definitionEditor, marked, withTheme } from '../../editor/definition';
import { isDark, useDark } from '../../app/theme';
import { read, type Tree } from '../../studio/document';
import { Workflow } from '../../studio/workflow';
import type { Diagnostic } from '../../api/model';

// useWorkflow makes the text of a page, with an editor that may be shown. moved hears where the cursor is.
export function useWorkflow(first: string, moved: (offset: number) => void): { workflow: Workflow; tree: Tree } {
  const [workflow] = useState(
    () =>
      new Workflow(
        first,
        definitionEditor('Definition as JSON', isDark(), [
          autocompletion({ override: [completeDefinition] }),
          EditorView.updateListener.of((u) => {
            if (u.selectionSet && u.view.hasFocus) moved(u.state.selection.main.head);
          }),
        ]),
      ),
  );
  const dark = useDark();
  useEffect(() => workflow.dispatch(withTheme(dark)), [workflow, dark]);
  const text = useSyncExternalStore(workflow.subscribe, workflow.text);
  const tree = useMemo(() => read(text), [text]);
  return { workflow, tree };
}

// useMarks shows findings on the lines of the editor. Those of an older text stay where they are: the editor moves them.
export function useMarks(workflow: Workflow, diagnostics: Diagnostic[], fresh: boolean): void {
  useEffect(() => {
    if (fresh) workflow.dispatch(marked(workflow.state, diagnostics));
  }, [workflow, diagnostics, fresh]);
}
