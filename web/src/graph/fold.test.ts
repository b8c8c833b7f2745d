import { describe, expect, it } from 'vitest';
import { containersOf, folded } from './fold';

const definition = JSON.stringify({
  StartAt: 'a/b',
  States: {
    'a/b': {
      Type: 'Parallel',
      Branches: [
        { StartAt: 'M', States: { M: { Type: 'Map', ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED' }, StartAt: 'I', States: { I: { Type: 'Pass', End: true } } }, End: true } } },
        { StartAt: 'P', States: { P: { Type: 'Pass', End: true } } },
      ],
      Next: 'Z',
    },
    Z: { Type: 'Succeed' },
  },
});
const map = '/States/a~1b/Branches/0/States/M';

describe('containers', () => {
  it('are found with how many states they hold', () => {
    const found = containersOf(definition);
    expect(found.states).toBe(5);
    expect([...found.inside]).toEqual([
      ['/States/a~1b', 3],
      [map, 1],
    ]);
  });
  it('are emptied when they are closed', () => {
    expect(folded(definition, new Set())).toBe(definition);
    const inner = JSON.parse(folded(definition, new Set([map])));
    expect(inner.States['a/b'].Branches[0].States.M).toEqual({ Type: 'Map', ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED' } }, End: true });
    const outer = JSON.parse(folded(definition, new Set([map, '/States/a~1b'])));
    expect(outer.States).toEqual({ 'a/b': { Type: 'Parallel', Next: 'Z' }, Z: { Type: 'Succeed' } });
  });
  it('are none of a text that is no JSON', () => {
    expect(containersOf('StartAt: A')).toEqual({ states: 0, inside: new Map() });
    expect(folded('StartAt: A', new Set(['x']))).toBe('StartAt: A');
  });
});
