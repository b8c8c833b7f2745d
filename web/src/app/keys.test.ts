import { expect, it } from 'vitest';
import { find } from './keys';

const keys = [
  { keys: 'g m', text: '', act: () => {} },
  { keys: 'e', text: '', act: () => {} },
];

it('waits for a second key only when there is one', () => {
  expect(find(keys, 'g')).toEqual({ key: undefined, more: true });
  expect(find(keys, 'g m')).toEqual({ key: keys[0], more: false });
  expect(find(keys, 'e')).toEqual({ key: keys[1], more: false });
  expect(find(keys, 'g x')).toEqual({ key: undefined, more: false });
});
