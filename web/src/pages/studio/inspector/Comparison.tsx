import SpaceBetween from '@cloudscape-design/components/space-between';
import type { Json, JsonObject } from '../../../studio/document';
import { ChoiceField, TextField } from './values';

const kinds = ['String', 'Numeric', 'Timestamp'];
const signs = ['Equals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'];
const tests = ['IsPresent', 'IsNull', 'IsString', 'IsNumeric', 'IsBoolean', 'IsTimestamp'];
const ordered = kinds.flatMap((k) => signs.map((s) => k + s));
const operators = [...ordered, 'StringMatches', 'BooleanEquals', ...tests, ...ordered.map((o) => o + 'Path'), 'BooleanEqualsPath'];

// comparisonOf returns the operator of a rule of one comparison, undefined when the rule is another kind.
export function comparisonOf(rule: JsonObject): string | undefined {
  const found = Object.keys(rule).filter((k) => operators.includes(k));
  return 'Variable' in rule && found.length === 1 ? found[0] : undefined;
}

// initial is what an operator compares with until somebody says more; a value that fits stays.
function initial(operator: string, old: Json | undefined): Json {
  if (tests.includes(operator) || operator === 'BooleanEquals') return typeof old === 'boolean' ? old : true;
  if (operator.endsWith('Path')) return typeof old === 'string' && old.startsWith('$') ? old : '$.other';
  if (operator.startsWith('Numeric')) return typeof old === 'number' ? old : 0;
  if (operator.startsWith('Timestamp')) return typeof old === 'string' && /^\d{4}-/.test(old) ? old : '2030-01-01T00:00:00Z';
  return typeof old === 'string' ? old : '';
}

// Comparison edits a rule of one comparison.
export function Comparison({ rule, onChange }: { rule: JsonObject; onChange: (rule: JsonObject) => void }) {
  const operator = comparisonOf(rule)!;
  const value = rule[operator];
  const replace = (name: string, v: Json) => onChange(Object.fromEntries(Object.entries(rule).map(([k, old]) => (k === operator ? [name, v] : [k, old]))));
  return (
    <SpaceBetween size="xs">
      <TextField label="Variable" value={rule.Variable} placeholder="$.path" onChange={(v) => onChange({ ...rule, Variable: v ?? '' })} />
      <ChoiceField label="Is compared by" value={operator} values={operators} onChange={(v) => typeof v === 'string' && replace(v, initial(v, value))} />
      {typeof value === 'boolean' ? (
        <ChoiceField label="With" value={String(value)} values={['true', 'false']} onChange={(v) => replace(operator, v === 'true')} />
      ) : (
        <TextField label="With" value={value} onChange={(v) => replace(operator, typeof value === 'number' && v !== undefined && !Number.isNaN(Number(v)) ? Number(v) : (v ?? ''))} />
      )}
    </SpaceBetween>
  );
}
