import { describe, expect, it } from 'vitest';
import { matching, pageCommands, score, typedCommands } from './commands';

describe('score', () => {
  it('wants all letters, in order', () => {
    expect(score('Open tasks', 'kst')).toBe(0);
    expect(score('Open tasks', 'opt')).toBeGreaterThan(0);
  });
  it('likes beginnings and rows', () => {
    expect(score('State machines', 'sm')).toBeGreaterThan(score('Samples', 'sm'));
    expect(score('Samples', 'sam')).toBeGreaterThan(score('State machines', 'sam'));
  });
});

it('shows the best first', () => {
  expect(matching(pageCommands, 'sampl', 3)[0]?.text).toBe('Samples');
  expect(matching(pageCommands, '', 2)).toHaveLength(2);
});

it('opens an ARN and looks for anything else', () => {
  expect(typedCommands(' arn:aws:states:us-east-1:1:execution:a:b ')[0]?.path).toBe('/arn/arn%3Aaws%3Astates%3Aus-east-1%3A1%3Aexecution%3Aa%3Ab');
  expect(typedCommands('order 7')[0]?.path).toBe('/executions?q=order+7');
  expect(typedCommands('  ')).toEqual([]);
});
