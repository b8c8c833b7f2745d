import { describe, expect, it } from 'vitest';
import { difference, pathOf, pointerOf, read } from './document';
import { become, set } from './edit';
import { lifted, parsed, single } from './fragment';
import { add, addBranch, addCatch, addRule, duplicate, lead, move, remove, setField, wrap } from './operations';
import { rename } from './rename';
import { placeAt, placeOf, placesIn, referencesIn, type StateType } from './states';
import { changeType } from './convertType';
import { patterns } from './patterns';
import { upTo } from './upTo';
import { ruleTemplate, stateTemplate, taskTemplate } from './templates';

// What people write by hand: numbers and lines that a printer would change.
const text = `{
  "Comment": "as it was",
  "StartAt": "A",
  "States": {
    "A": {"Type": "Pass", "Result": [1.0, 12345678901234567890], "Next": "B"},
    "B": {
      "Type": "Choice",
      "Choices": [
        {"Variable": "$.x", "NumericEquals": 1, "Next": "C"},
        {"Variable": "$.x", "NumericEquals": 2, "Next": "D"}
      ],
      "Default": "D"
    },
    "C": {"Type": "Wait", "Seconds": 5, "Next": "B"},
    "D": {
      "Type": "Map",
      "ItemProcessor": {"StartAt": "Inner", "States": {"Inner": {"Type": "Pass", "End": true}}},
      "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "E"}],
      "End": true
    },
    "E": {"Type": "Fail"}
  }
}
`;

type Value = { StartAt: string; States: Record<string, Record<string, unknown>> };
const parse = (t: string) => JSON.parse(t) as Value;
const at = (name: string) => placeOf([], name);
const pass = single('New', { Type: 'Pass', Next: '\u0000follow' });

// sound holds a text to what every operation has to leave: JSON whose references lead to states that there are.
function sound(t: string): Value {
  const tree = read(t);
  expect(tree.faults).toEqual([]);
  expect(t).not.toContain('\\u0000');
  const scopes = new Map([['', []], ...placesIn(tree).map((p) => [pointerOf(p.scope), p.scope] as const)] as [string, (string | number)[]][]);
  for (const scope of scopes.values()) {
    const names = new Set(placesIn(tree, scope).map((p) => p.name));
    for (const r of referencesIn(tree, scope)) if (r.to !== undefined) expect(names, `${r.pointer} of ${t}`).toContain(r.to);
  }
  return parse(t);
}

describe('insert', () => {
  it('after a state', () => {
    const r = add(text, { after: at('A') }, pass);
    const v = sound(r.text);
    expect(v.States.A!.Next).toBe('New');
    expect(v.States.New!.Next).toBe('B');
    expect(Object.keys(v.States)).toEqual(['A', 'New', 'B', 'C', 'D', 'E']);
    expect(r.select).toBe('/States/New');
    expect(r.text).toContain('"Result": [1.0, 12345678901234567890]');
  });
  it('after the last one', () => {
    const v = sound(add(text, { after: at('D') }, pass).text);
    expect(v.States.D).toMatchObject({ Next: 'New' });
    expect(v.States.D).not.toHaveProperty('End');
    expect(v.States.New).toMatchObject({ End: true });
  });
  it('after a Choice, on its Default', () => {
    const v = sound(add(text, { after: at('B') }, pass).text);
    expect(v.States.B!.Default).toBe('New');
    expect(v.States.New!.Next).toBe('D');
  });
  it('before a state that several lead to', () => {
    const v = sound(add(text, { before: at('B') }, pass).text);
    expect(v.States.A!.Next).toBe('New');
    expect(v.States.C!.Next).toBe('New');
    expect(v.States.New!.Next).toBe('B');
  });
  it('before the first', () => {
    const v = sound(add(text, { before: at('A') }, pass).text);
    expect(v.StartAt).toBe('New');
    expect(Object.keys(v.States)[0]).toBe('New');
  });
  it('on the edge of a rule and of a catcher', () => {
    const one = sound(add(text, { on: '/States/B/Choices/1/Next', scope: [] }, pass).text);
    expect(one.States.B).toMatchObject({ Choices: [{ Next: 'C' }, { Next: 'New' }], Default: 'D' });
    const two = sound(add(text, { on: '/States/D/Catch/0/Next', scope: [] }, pass).text);
    expect(two.States.D).toMatchObject({ Catch: [{ Next: 'New' }], End: true });
    expect(two.States.New!.Next).toBe('E');
  });
  it('into a Map', () => {
    const inner = ['States', 'D', 'ItemProcessor'];
    const v = sound(add(text, { after: placeOf(inner, 'Inner') }, pass).text);
    expect(v.States.D!.ItemProcessor).toMatchObject({ States: { Inner: { Next: 'New' }, New: { End: true } } });
  });
  it('into nothing', () => {
    for (const empty of ['{}', '{"StartAt": "", "States": {}}', '{"QueryLanguage": "JSONata"}']) {
      const v = sound(add(empty, { in: [] }, pass).text);
      expect(v).toMatchObject({ StartAt: 'New', States: { New: { Type: 'Pass', End: true } } });
    }
  });
  it('gives names that are unique over the whole machine', () => {
    const v = sound(add(text, { after: at('A') }, single('Inner', { Type: 'Pass', Next: '\u0000follow' })).text);
    expect(v.States.A!.Next).toBe('Inner 2');
  });
  it('a Choice at the end gets a state to lead to', () => {
    const v = sound(add(text, { after: at('D') }, stateTemplate('Choice', 'JSONPath')).text);
    expect(v.States.Choice).toMatchObject({ Choices: [{ Next: 'Done' }], Default: 'Done' });
    expect(v.States.Done).toEqual({ Type: 'Succeed' });
  });
});

describe('templates', () => {
  const types: StateType[] = ['Task', 'Choice', 'Parallel', 'Map', 'Pass', 'Wait', 'Succeed', 'Fail'];
  const empty = '{\n  "StartAt": "",\n  "States": {}\n}\n';
  it.each(types)('%s twice, in both languages', (type) => {
    for (const language of ['JSONata', 'JSONPath'] as const) {
      const once = add(empty, { in: [] }, stateTemplate(type, language)).text;
      sound(once);
      sound(add(once, { in: [] }, stateTemplate(type, language)).text);
    }
  });
  it.each(patterns)('$title, twice', ({ make }) => {
    for (const language of ['JSONata', 'JSONPath'] as const) {
      const once = add(empty, { in: [] }, make(language)).text;
      sound(add(once, { in: [] }, make(language)).text);
    }
  });
  it('a call that waits sends its token', () => {
    expect(taskTemplate('arn:aws:states:::sqs:sendMessage.waitForTaskToken', 'Ask', 'JSONata')).toContain('$states.context.Task.Token');
  });
});

describe('delete', () => {
  it('heals', () => {
    const v = sound(remove(text, at('C')).text);
    expect(v.States.B).toMatchObject({ Choices: [{ Next: 'B' }, { Next: 'D' }] });
  });
  it('the first', () => {
    expect(sound(remove(text, at('A')).text).StartAt).toBe('B');
  });
  it('one that others catch into', () => {
    expect(sound(remove(text, at('E')).text).States.D).not.toHaveProperty('Catch');
  });
  it('at the end, of what rules lead to', () => {
    const v = sound(remove(text, at('D')).text);
    expect(v.States.B).not.toHaveProperty('Default');
    expect(v.States.B!.Choices).toHaveLength(1);
  });
  it('leaves the lines of all others as they are', () => {
    const before = text.split('\n');
    const after = remove(text, at('C')).text.split('\n');
    expect(after.filter((l) => !before.includes(l))).toEqual(['        {"Variable": "$.x", "NumericEquals": 1, "Next": "B"},']);
    expect(after).toHaveLength(before.length - 1);
  });
  it('the last one', () => {
    const one = add('{}', { in: [] }, pass).text;
    const v = parse(remove(one, at('New')).text);
    expect(v).toMatchObject({ StartAt: '', States: {} });
  });
});

describe('rename', () => {
  it('changes every reference and nothing else', () => {
    const t = rename(text, at('D'), 'Für "jeden"');
    const v = sound(t);
    expect(v.States.B).toMatchObject({ Choices: [{ Next: 'C' }, { Next: 'Für "jeden"' }], Default: 'Für "jeden"' });
    expect(rename(t, at('Für "jeden"'), 'D')).toBe(text);
  });
  it('refuses a name that is taken', () => {
    expect(() => rename(text, at('A'), 'Inner')).toThrow(/already/);
    expect(() => rename(text, at('A'), '')).toThrow(/name/);
  });
});

describe('move, duplicate, wrap', () => {
  it('moves with its text', () => {
    const r = move(text, at('A'), { on: '/States/C/Next', scope: [] });
    const v = sound(r.text);
    expect(v.StartAt).toBe('B');
    expect(v.States.C!.Next).toBe('A');
    expect(v.States.A!.Next).toBe('B');
    expect(r.text).toContain('12345678901234567890');
  });
  it('moves into another scope', () => {
    const inner = placeOf(['States', 'D', 'ItemProcessor'], 'Inner');
    const v = sound(move(text, at('C'), { before: inner }).text);
    expect(v.States.D!.ItemProcessor).toMatchObject({ StartAt: 'C', States: { C: { Next: 'Inner' } } });
  });
  it('does not move into itself, nor to where it is', () => {
    expect(() => move(text, at('D'), { before: placeOf(['States', 'D', 'ItemProcessor'], 'Inner') })).toThrow(/itself/);
    expect(move(text, at('A'), { on: '/States/A/Next', scope: [] }).text).toBe(text);
  });
  it('duplicates with what is inside', () => {
    const v = sound(duplicate(text, at('D')).text);
    expect(v.States['D 2']!.ItemProcessor).toMatchObject({ StartAt: 'Inner 2' });
    expect(v.States['D 2']).toMatchObject({ End: true });
    expect(v.States.D).toMatchObject({ Next: 'D 2' });
  });
  it('wraps', () => {
    const m = sound(wrap(text, at('A'), 'Map').text);
    expect(m.StartAt).toBe('Map');
    expect(m.States.Map).toMatchObject({ ItemProcessor: { StartAt: 'A', States: { A: { End: true } } }, Next: 'B' });
    const p = sound(wrap(text, at('D'), 'Parallel').text);
    expect(p.States.Parallel).toMatchObject({ Branches: [{ StartAt: 'D' }], Catch: [{ Next: 'E' }], End: true });
    expect(() => wrap(text, at('B'), 'Map')).toThrow();
  });
});

describe('catch, rule, branch, fields', () => {
  it('adds a catcher before that of all errors', () => {
    const one = addCatch(text, at('D'));
    expect(sound(one.text).States.D!.Catch).toMatchObject([{ ErrorEquals: ['States.TaskFailed'] }, { ErrorEquals: ['States.ALL'] }]);
    expect(() => addCatch(text, at('A'))).toThrow();
  });
  it('adds a rule', () => {
    const v = sound(addRule(text, at('B'), ruleTemplate('JSONPath')).text);
    expect(v.States.B!.Choices).toHaveLength(3);
    expect(v.States['Rule 3']).toMatchObject({ Next: 'D' });
  });
  it('adds a branch', () => {
    const t = wrap(text, at('A'), 'Parallel').text;
    expect(sound(addBranch(t, at('Parallel')).text).States.Parallel!.Branches).toHaveLength(2);
  });
  it('changes a type', () => {
    const v = sound(changeType(text, at('D'), 'Pass'));
    expect(v.States.D).toEqual({ Type: 'Pass', End: true });
    const c = sound(changeType(text, at('A'), 'Choice'));
    expect(c.States.A).toMatchObject({ Default: 'B', Choices: [{ Next: 'B' }] });
  });
  it('becomes another state with the text that stays', () => {
    const t = become(text, at('D').path, { Type: 'Map', QueryLanguage: 'JSONata', ...(parse(text).States.D as object), Items: '{% [] %}' });
    expect(t).toContain('"ItemProcessor": {"StartAt": "Inner", "States": {"Inner": {"Type": "Pass", "End": true}}},');
    expect(Object.keys(sound(t).States.D!)).toEqual(['Type', 'QueryLanguage', 'ItemProcessor', 'Catch', 'End', 'Items']);
  });
  it('sets transitions and fields', () => {
    expect(sound(lead(text, at('A'), undefined)).States.A).toMatchObject({ End: true });
    expect(lead(lead(text, at('A'), undefined), at('A'), 'B')).toBe(text);
    const t = setField(text, at('C'), ['Comment'], 'why');
    expect(sound(t).States.C!.Comment).toBe('why');
    expect(parse(setField(t, at('C'), ['Comment'], undefined))).toEqual(parse(text));
  });
});

describe('up to a state', () => {
  it('nothing comes after it', () => {
    const v = sound(upTo(text, at('A')));
    expect(Object.keys(v.States)).toEqual(['A']);
    expect(v.States.A).toMatchObject({ End: true });
  });
  it('a Choice gives its input on, a state inside counts as that around it', () => {
    expect(sound(upTo(text, at('B'))).States.B).toEqual({ Type: 'Pass', End: true });
    const v = sound(upTo(text, placeOf(['States', 'D', 'ItemProcessor'], 'Inner')));
    expect(Object.keys(v.States)).toEqual(['A', 'B', 'C', 'D']);
    expect(v.States.D).not.toHaveProperty('Catch');
  });
});

describe('text', () => {
  it('pastes what was copied', () => {
    const copied = lifted(read(text), at('D'));
    const v = sound(add(text, { after: at('A') }, parsed(copied.replaceAll('\\u0000follow', 'elsewhere'))!).text);
    expect(v.States['D 2']).toBeDefined();
    expect(parsed('{"Type": "Wait", "Seconds": 1, "End": true}')).toContain('"Wait"');
    expect(parsed('{"X": {"Type": "Pass", "Next": "Y"}, "Y": {"Type": "Succeed"}}')).toContain('"StartAt": "X"');
    expect(parsed('[1]')).toBeUndefined();
    expect(parsed('hello')).toBeUndefined();
  });
  it('finds the place of a pointer', () => {
    const tree = read(text);
    expect(placeAt(tree, '/States/D/ItemProcessor/States/Inner/Result')?.name).toBe('Inner');
    expect(placeAt(tree, '/States/B/Choices/0/Next')?.name).toBe('B');
    expect(placeAt(tree, '/Comment')).toBeUndefined();
    expect(pathOf(pointerOf(['States', 'a/b~c', 'Branches', 1]))).toEqual(['States', 'a/b~c', 'Branches', 1]);
  });
  it('changes the one stretch that differs', () => {
    const after = rename(text, at('A'), 'Z');
    const d = difference(text, after)!;
    expect(text.slice(0, d.from) + d.insert + text.slice(d.to)).toBe(after);
    expect(difference(text, text)).toBeUndefined();
  });
  it('keeps tabs', () => {
    const tabs = '{\n\t"StartAt": "A",\n\t"States": {\n\t\t"A": {\n\t\t\t"Type": "Pass",\n\t\t\t"End": true\n\t\t}\n\t}\n}';
    expect(set(tabs, ['States', 'A', 'Comment'], 'x')).toContain('\n\t\t\t"Comment": "x"');
    expect(add(tabs, { after: at('A') }, pass).text).toContain('\n\t\t"New": {\n\t\t\t"Type": "Pass"');
  });
});
