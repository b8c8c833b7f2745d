import { describe, expect, it } from 'vitest';
import { perSecondOf, sampled, tolerated } from './figures';

describe('throughput', () => {
  it('is that of the last half minute while it runs', () => {
    let samples = sampled([], { at: 0, done: 0 });
    samples = sampled(samples, { at: 1_000, done: 500 });
    samples = sampled(samples, { at: 31_000, done: 600 });
    samples = sampled(samples, { at: 41_000, done: 700 });
    expect(samples.map((s) => s.at)).toEqual([31_000, 41_000]);
    expect(perSecondOf(samples, { startDate: 0 }, 41_000)).toBe(10);
  });
  it('is that of the whole before there is more, and afterwards', () => {
    expect(perSecondOf([{ at: 10_000, done: 50 }], { startDate: 0 }, 10_000)).toBe(5);
    expect(perSecondOf([{ at: 99_000, done: 50 }], { startDate: 0, stopDate: 5 }, 99_000)).toBe(10);
    expect(perSecondOf([], { startDate: 0 }, 1)).toBe(0);
  });
  it('begins anew when a redrive takes counts back', () => {
    expect(sampled([{ at: 0, done: 90 }], { at: 1, done: 10 })).toEqual([{ at: 1, done: 10 }]);
  });
});

it('tolerates by count, by share, or by what comes first', () => {
  const of = (toleratedFailureCount: number, toleratedFailurePercentage: number) => tolerated({ toleratedFailureCount, toleratedFailurePercentage }, 200);
  expect([of(0, 0), of(5, 0), of(0, 10), of(5, 10), of(50, 10), of(0, 100)]).toEqual([0, 5, 20, 5, 20, Infinity]);
});
