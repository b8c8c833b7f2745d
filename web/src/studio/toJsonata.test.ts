import { describe, expect, it } from 'vitest';
import { pathIn, valueIn } from './jsonpath';
import { toJsonata } from './toJsonata';

describe('paths and functions', () => {
  it.each([
    ['$', '$states.input'],
    ['$.a.b[0]', '$states.input.a.b[0]'],
    ["$['two words'].x", '$states.input.`two words`.x'],
    ['$.my-name', '$states.input.`my-name`'],
    ['$$.Execution.Id', '$states.context.Execution.Id'],
    ['$count.total', '$count.total'],
    ['$.items[*].id', '[$states.input.items.id]'],
    ["$.lines[?(@.status == 'reserved')].sku", '[$states.input.lines[status = "reserved"].sku]'],
    ["States.Format('Hello, {}!', $.name)", '"Hello, " & $string($states.input.name) & "!"'],
    ['States.MathAdd($count, 1)', '($count + 1)'],
    ["States.Array($.a, 'x, y', States.UUID())", '[$states.input.a, "x, y", $uuid()]'],
    ["States.StringSplit($.s, ',')", '$split($states.input.s, ",")'],
    ['States.ArrayRange(1, 9, 1)', '[1..9]'],
  ])('%s', (from, to) => expect(valueIn(from, '$states.input')).toBe(to));
  it('says what has no form', () => {
    expect(() => pathIn('$..a', '$')).toThrow(/by hand/);
    expect(() => pathIn('$.a[?(@.b > @.c)]', '$')).toThrow(/by hand/);
    expect(() => valueIn("States.StringSplit($.s, ',;')", '$')).toThrow(/split/);
  });
});

describe('states', () => {
  it('a Task with everything', () => {
    const { state, lost } = toJsonata({
      Type: 'Task',
      Resource: 'r',
      InputPath: '$.order',
      Parameters: { 'id.$': '$.id', fixed: 1, deep: { 'when.$': '$$.State.EnteredTime' } },
      ResultSelector: { 'n.$': '$.Payload.n' },
      ResultPath: '$.answer',
      TimeoutSecondsPath: '$.limit',
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'X' }],
      Next: 'Y',
    });
    expect(lost).toEqual([]);
    expect(state).toEqual({
      Type: 'Task',
      QueryLanguage: 'JSONata',
      Resource: 'r',
      Arguments: { id: '{% $states.input.order.id %}', fixed: 1, deep: { when: '{% $states.context.State.EnteredTime %}' } },
      TimeoutSeconds: '{% $states.input.order.limit %}',
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'X', Output: '{% $merge([$states.input, {"error": $states.errorOutput}]) %}' }],
      Next: 'Y',
      Output: '{% $merge([$states.input, {"answer": {"n": $states.result.Payload.n}}]) %}',
    });
  });
  it('has no Output when nothing is done to it', () => {
    expect(toJsonata({ Type: 'Task', Resource: 'r', End: true }).state).not.toHaveProperty('Output');
    expect(toJsonata({ Type: 'Wait', Seconds: 1, End: true }).state).not.toHaveProperty('Output');
    expect(toJsonata({ Type: 'Task', Resource: 'r', ResultPath: null, End: true }).state.Output).toBe('{% $states.input %}');
    expect(toJsonata({ Type: 'Pass', Result: { a: 1 }, End: true }).state.Output).toEqual({ a: 1 });
    expect(toJsonata({ Type: 'Succeed', OutputPath: '$.load' }).state.Output).toBe('{% $states.input.load %}');
  });
  it('a Pass and a Map have no Arguments', () => {
    const pass = toJsonata({ Type: 'Pass', Parameters: { 'a.$': '$.b' }, ResultPath: '$.c', End: true }).state;
    expect(pass).toEqual({ Type: 'Pass', QueryLanguage: 'JSONata', End: true, Output: '{% $merge([$states.input, {"c": {"a": $states.input.b}}]) %}' });
    expect(toJsonata({ Type: 'Map', Parameters: { 'a.$': '$.b' }, End: true }).state).toMatchObject({ ItemSelector: { a: '{% $states.input.b %}' } });
  });
  it('variables of the result', () => {
    expect(toJsonata({ Type: 'Task', Resource: 'r', ResultSelector: { 'a.$': '$.b' }, Assign: { 'n.$': '$.b' }, End: true }).state.Assign).toEqual({ n: '{% $states.result.b %}' });
    expect(toJsonata({ Type: 'Wait', Seconds: 1, Assign: { 'n.$': '$.b' }, End: true }).state.Assign).toEqual({ n: '{% $states.input.b %}' });
    expect(toJsonata({ Type: 'Pass', Result: { b: 1 }, Assign: { 'n.$': '$.b' }, End: true }).state.Assign).toEqual({ n: '{% ({"b": 1}).b %}' });
  });
  it('a Choice', () => {
    const { state, lost } = toJsonata({
      Type: 'Choice',
      Choices: [
        { Variable: '$.x', NumericGreaterThan: 1, Next: 'A' },
        { And: [{ Variable: '$.u', IsPresent: true }, { Not: { Variable: '$.s', StringMatches: 'log-*.txt' } }], Next: 'B' },
        { Variable: '$.t', IsTimestamp: true, Next: 'C' },
        { Variable: '$.a', StringEqualsPath: '$.b', Next: 'D' },
      ],
      Default: 'E',
    });
    expect(state.Choices).toEqual([
      { Condition: '{% $states.input.x > 1 %}', Next: 'A' },
      { Condition: '{% ($exists($states.input.u)) and ($not($contains($states.input.s, /^log-.*\\.txt$/))) %}', Next: 'B' },
      { Condition: '{% false %}', Next: 'C' },
      { Condition: '{% $states.input.a = $states.input.b %}', Next: 'D' },
    ]);
    expect(lost).toEqual([expect.stringContaining('Rule 3')]);
  });
  it('says which field is lost, and keeps what nobody knows', () => {
    const { state, lost } = toJsonata({ Type: 'Map', ItemsPath: '$..x', Strange: [1], MaxConcurrency: 2, End: true });
    expect(lost).toEqual([expect.stringContaining('ItemsPath')]);
    expect(state).toMatchObject({ Strange: [1], MaxConcurrency: 2 });
  });
});
