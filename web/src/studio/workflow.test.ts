import { history } from '@codemirror/commands';
import { expect, it } from 'vitest';
import { Workflow } from './workflow';

it('has one history for what is typed and what is drawn', () => {
  const w = new Workflow('{"a": 1}', history());
  let heard = 0;
  w.subscribe(() => heard++);
  w.apply('{"a": 1, "b": 2}');
  w.dispatch({ changes: { from: 1, insert: '"typed": 0, ' }, userEvent: 'input.type' });
  expect(w.text()).toBe('{"typed": 0, "a": 1, "b": 2}');
  expect(heard).toBe(2);
  w.undo();
  w.undo();
  expect(w.text()).toBe('{"a": 1}');
  expect(w.canUndo).toBe(false);
  w.redo();
  expect(w.text()).toBe('{"a": 1, "b": 2}');
  w.load('{}');
  expect(w.canUndo || w.canRedo).toBe(false);
});
