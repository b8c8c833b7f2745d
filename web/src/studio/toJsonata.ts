import { isObject, type Json, type JsonObject } from './document';
import { expressionOf, NoForm, pathIn, quoted, templateIn, valueIn, wrapped } from './jsonpath';

// Converted is a state in JSONata, and what could not be converted: those fields are not in it.
export interface Converted {
  state: JsonObject;
  lost: string[];
}

const input = '$states.input';
const result = '$states.result';

// toJsonata turns a state in JSONPath into one in JSONata that does the same, as far as it can.
export function toJsonata(old: JsonObject): Converted {
  const lost: string[] = [];
  const attempt = <T>(field: string, make: () => T): T | undefined => {
    try {
      return make();
    } catch (e) {
      if (!(e instanceof NoForm)) throw e;
      lost.push(`${field}: ${e.message}`);
      return undefined;
    }
  };
  const state: JsonObject = {};
  const seen = attempt('InputPath', () => seenOf(old.InputPath)) ?? input;
  for (const [field, value] of Object.entries(old)) {
    const converted = attempt(field, () => fieldIn(field, value, old, seen, lost));
    if (converted) state[converted[0]] = converted[1];
  }
  const output = attempt('Output', () => outputOf(old, seen));
  if (output !== undefined) state.Output = output;
  const { Type, ...rest } = state;
  return { state: { Type: Type ?? '', QueryLanguage: 'JSONata', ...rest }, lost };
}

function seenOf(path: Json | undefined): string {
  if (path === null) return '{}';
  return typeof path === 'string' ? pathIn(path, input) : input;
}

// gone are the fields that Arguments and Output take the place of.
const gone = new Set(['InputPath', 'OutputPath', 'ResultPath', 'ResultSelector', 'Result', 'QueryLanguage']);

type Member = [string, Json] | undefined;

function fieldIn(field: string, value: Json, old: JsonObject, seen: string, lost: string[]): Member {
  if (gone.has(field)) return undefined;
  switch (field) {
    case 'Parameters':
      // Those of a Pass are its result; those of a Map are an older name of its ItemSelector.
      if (old.Type === 'Pass') return undefined;
      return [old.Type === 'Map' ? 'ItemSelector' : 'Arguments', templateIn(value, seen)];
    case 'ItemsPath':
      return typeof value === 'string' ? ['Items', wrapped(pathIn(value, seen))] : undefined;
    case 'ItemSelector':
    case 'ItemBatcher':
    case 'ItemReader':
    case 'ResultWriter':
      return [field, parameters(templateIn(value, seen))];
    case 'Assign':
      return [field, templateIn(value, assignedFrom(old, seen))];
    case 'Credentials':
      return [field, templateIn(value, seen)];
    case 'Choices':
      return [field, Array.isArray(value) ? value.map((r, i) => ruleIn(r, seen, i, lost)) : value];
    case 'Catch':
      return [field, Array.isArray(value) ? value.map((c) => catcherIn(c)) : value];
  }
  if (field.endsWith('Path') && typeof value === 'string') return [field.slice(0, -4), wrapped(valueIn(value, seen))];
  return [field, value];
}

// parameters are called Arguments in readers and writers of JSONata.
function parameters(value: Json): Json {
  if (!isObject(value) || !('Parameters' in value)) return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k === 'Parameters' ? 'Arguments' : k, v]));
}

// outputOf says what comes out: the result at its place in the input, or that input; undefined when that is what comes
// out anyway.
function outputOf(old: JsonObject, seen: string): Json | undefined {
  const type = String(old.Type);
  if (type === 'Fail') return undefined;
  const out = withResult(old, type, seen);
  if (old.OutputPath === null) return {};
  const path = typeof old.OutputPath === 'string' ? old.OutputPath : '$';
  const calls = ['Task', 'Parallel', 'Map'].includes(type);
  if (path === '$') return sameAs(out, calls ? result : input) ? undefined : out;
  const text = expressionOf(out);
  return wrapped(pathIn(path, /^\$[\w.]+$/.test(text) ? text : `(${text})`));
}

const sameAs = (value: Json, expression: string) => value === wrapped(expression);

function resultOf(old: JsonObject, type: string, seen: string): Json {
  if (type === 'Pass') {
    if (old.Result !== undefined) return old.Result;
    return old.Parameters !== undefined ? templateIn(old.Parameters, seen) : wrapped(seen);
  }
  return old.ResultSelector !== undefined ? templateIn(old.ResultSelector, result) : wrapped(result);
}

// assignedFrom is what $ stands for in Assign: the result of states that have one, before ResultSelector.
function assignedFrom(old: JsonObject, seen: string): string {
  const type = String(old.Type);
  if (type === 'Pass') {
    const text = expressionOf(resultOf(old, type, seen));
    return /^\$[\w.]+$/.test(text) ? text : `(${text})`;
  }
  return ['Task', 'Parallel', 'Map'].includes(type) ? result : seen;
}

function withResult(old: JsonObject, type: string, seen: string): Json {
  if (!['Task', 'Parallel', 'Map', 'Pass'].includes(type)) return wrapped(seen);
  const place = old.ResultPath;
  // A result goes into the whole input, whatever InputPath shows of it.
  if (place === null) return wrapped(input);
  const value = resultOf(old, type, seen);
  if (place === undefined || place === '$') return value;
  const names = namesOf(String(place));
  return wrapped(merged(input, names, expressionOf(value)));
}

function namesOf(path: string): string[] {
  const names: string[] = [];
  let rest = path.slice(1);
  while (rest) {
    const match = /^\.([A-Za-z_][\w-]*)/.exec(rest) ?? /^\[['"]([^'"]+)['"]\]/.exec(rest);
    if (!match) throw new NoForm(`ResultPath “${path}” puts the result into a list: write it by hand.`);
    names.push(match[1]!);
    rest = rest.slice(match[0].length);
  }
  return names;
}

function merged(root: string, names: string[], value: string): string {
  const [name, ...rest] = names;
  if (name === undefined) return value;
  const inner = rest.length === 0 ? value : merged(`${root}.\`${name}\``, rest, value);
  return `$merge([${root}, {${quoted(name)}: ${inner}}])`;
}

function catcherIn(value: Json): Json {
  if (!isObject(value)) return value;
  const { ResultPath: place, Assign, ...rest } = value;
  const error = '$states.errorOutput';
  const out: JsonObject = { ...rest };
  if (Assign !== undefined) out.Assign = templateIn(Assign, error);
  if (place === null) out.Output = wrapped(input);
  else if (typeof place === 'string' && place !== '$') out.Output = wrapped(merged(input, namesOf(place), error));
  else out.Output = wrapped(error);
  return out;
}

const signs: [string, string][] = [
  ['LessThanEquals', '<='],
  ['GreaterThanEquals', '>='],
  ['LessThan', '<'],
  ['GreaterThan', '>'],
  ['Equals', '='],
];

const outside = new Set(['Next', 'Comment', 'Assign', 'Output']);

function ruleIn(rule: Json, seen: string, i: number, lost: string[]): Json {
  if (!isObject(rule)) return rule;
  const out: JsonObject = {};
  try {
    out.Condition = wrapped(conditionIn(rule, seen));
  } catch (e) {
    if (!(e instanceof NoForm)) throw e;
    lost.push(`Rule ${i + 1}: ${e.message}`);
    out.Condition = wrapped('false');
  }
  for (const [k, v] of Object.entries(rule)) if (outside.has(k)) out[k] = k === 'Assign' ? templateIn(v, seen) : v;
  return out;
}

function all(list: Json | undefined, seen: string, word: string): string {
  return (Array.isArray(list) ? list : []).map((r) => (isObject(r) ? `(${conditionIn(r, seen)})` : 'false')).join(` ${word} `);
}

function conditionIn(rule: JsonObject, seen: string): string {
  if ('And' in rule) return all(rule.And, seen, 'and');
  if ('Or' in rule) return all(rule.Or, seen, 'or');
  if (isObject(rule.Not)) return `$not(${conditionIn(rule.Not, seen)})`;
  const variable = pathIn(String(rule.Variable), seen);
  const [operator, value] = Object.entries(rule).find(([k]) => k !== 'Variable' && !outside.has(k)) ?? [];
  if (!operator || value === undefined) throw new NoForm('it compares with nothing.');
  return comparison(variable, operator, value, seen);
}

const types: Record<string, string> = { IsString: 'string', IsNumeric: 'number', IsBoolean: 'boolean', IsNull: 'null' };

function comparison(variable: string, operator: string, value: Json, seen: string): string {
  if (operator === 'IsPresent') return value === true ? `$exists(${variable})` : `$not($exists(${variable}))`;
  const type = types[operator];
  if (type) return `$type(${variable}) ${value === true ? '=' : '!='} ${quoted(type)}`;
  if (operator === 'IsTimestamp') throw new NoForm('IsTimestamp has no such test in JSONata.');
  if (operator === 'StringMatches') return `$contains(${variable}, ${pattern(String(value))})`;
  const isPath = operator.endsWith('Path');
  const name = isPath ? operator.slice(0, -4) : operator;
  const sign = signs.find(([suffix]) => name.endsWith(suffix))?.[1];
  if (!sign) throw new NoForm(`${operator} is not known.`);
  const other = isPath ? pathIn(String(value), seen) : expressionOf(value);
  if (!name.startsWith('Timestamp')) return `${variable} ${sign} ${other}`;
  return `$toMillis(${variable}) ${sign} $toMillis(${other})`;
}

// pattern writes one of StringMatches, whose star stands for anything, as a regular expression.
function pattern(text: string): string {
  const parts = text.match(/\\.|[^\\]/g) ?? [];
  const body = parts.map((c) => (c === '*' ? '.*' : c.replace(/^\\/, '').replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'))).join('');
  return `/^${body}$/`;
}
