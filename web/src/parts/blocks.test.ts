import { expect, it } from 'vitest';
import { blocksOf, inlinesOf } from './blocks';

it('cuts a text into blocks', () => {
  expect(blocksOf('# A\n\none\ntwo\n\n- x\n  y\n- z\n\n```sh\nls\n\nrm\n```\nend')).toEqual([
    { kind: 'heading', level: 1, text: 'A' },
    { kind: 'text', text: 'one two' },
    { kind: 'list', ordered: false, items: ['x y', 'z'] },
    { kind: 'code', text: 'ls\n\nrm' },
    { kind: 'text', text: 'end' },
  ]);
});

it('takes code that is never closed to the end', () => {
  expect(blocksOf('```\na')).toEqual([{ kind: 'code', text: 'a' }]);
});

it('makes links of what leads to the web, and of nothing else', () => {
  expect(inlinesOf('see `a*b` and [this](https://x.y) or [that](javascript:alert(1)) **now**')).toEqual([
    { kind: 'text', text: 'see ' },
    { kind: 'code', text: 'a*b' },
    { kind: 'text', text: ' and ' },
    { kind: 'link', text: 'this', href: 'https://x.y' },
    { kind: 'text', text: ' or ' },
    { kind: 'text', text: 'that' },
    { kind: 'text', text: ') ' },
    { kind: 'bold', text: 'now' },
  ]);
});
