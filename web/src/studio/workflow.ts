import { redo, redoDepth, undo, undoDepth } from '@codemirror/commands';
import { EditorState, type Extension, type TransactionSpec } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { difference } from './document';

// Workflow owns the text of a workflow and its one history. Canvas, forms and code are views of it: what each of them
// changes is a transaction here. There may be an editor of it in the page, or none.
export class Workflow {
  private now: EditorState;
  private view: EditorView | undefined;
  private readonly listeners = new Set<() => void>();

  constructor(
    text: string,
    private readonly extensions: Extension,
  ) {
    this.now = this.begin(text);
  }

  private begin(text: string): EditorState {
    return EditorState.create({ doc: text, extensions: this.extensions });
  }

  get state(): EditorState {
    return this.now;
  }

  private last: { doc: EditorState['doc']; text: string } | undefined;

  // text is the same string until it changes.
  text = (): string => {
    if (this.last?.doc !== this.now.doc) this.last = { doc: this.now.doc, text: this.now.doc.toString() };
    return this.last.text;
  };

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private changed(state: EditorState): void {
    const news = state.doc !== this.now.doc;
    this.now = state;
    if (news) this.listeners.forEach((listener) => listener());
  }

  dispatch(spec: TransactionSpec): void {
    if (this.view) this.view.dispatch(spec);
    else this.changed(this.now.update(spec).state);
  }

  // apply makes a text the present one. It can be undone.
  apply(next: string): void {
    const change = difference(this.text(), next);
    if (change) this.dispatch({ changes: change, userEvent: 'input.studio' });
  }

  // load makes a text the present one, and forgets what was before.
  load(text: string): void {
    const state = this.begin(text);
    this.view?.setState(state);
    this.changed(state);
  }

  undo = (): boolean => undo({ state: this.now, dispatch: (tr) => this.dispatch(tr) });
  redo = (): boolean => redo({ state: this.now, dispatch: (tr) => this.dispatch(tr) });

  get canUndo(): boolean {
    return undoDepth(this.now) > 0;
  }

  get canRedo(): boolean {
    return redoDepth(this.now) > 0;
  }

  // show puts an editor of the text into an element. What it returns takes it out again.
  show(parent: HTMLElement): () => void {
    const view = new EditorView({
      parent,
      state: this.now,
      dispatchTransactions: (transactions, v) => {
        v.update(transactions);
        this.changed(v.state);
      },
    });
    this.view = view;
    return () => {
      this.now = view.state;
      this.view = undefined;
      view.destroy();
    };
  }

  // reveal marks a stretch in the editor and scrolls to it.
  reveal(from: number, to: number): void {
    const size = this.now.doc.length;
    this.dispatch({ selection: { anchor: Math.min(from, size), head: Math.min(to, size) }, effects: EditorView.scrollIntoView(Math.min(from, size), { y: 'start', yMargin: 40 }) });
  }

  focus(): void {
    this.view?.focus();
  }
}
