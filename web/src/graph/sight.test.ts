import { expect, it } from 'vitest';
import { leftOf } from './sight';

it('shows the start of a picture that is too wide, and nothing empty beside it', () => {
  expect(leftOf(1000, 400)).toBe(300);
  expect(leftOf(1000, 1200, 600)).toBe(-100);
  expect(leftOf(1000, 1200, 100)).toBe(0);
  expect(leftOf(1000, 1200, 1150)).toBe(-200);
});
