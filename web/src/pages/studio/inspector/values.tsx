import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import Textarea from '@cloudscape-design/components/textarea';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Code } from '../../../parts/Code';
import type { Json } from '../../../studio/document';
import { useStudio } from '../context';
import { Evaluated } from './Evaluated';

interface FieldProps {
  label: string;
  help?: string;
  value: Json | undefined;
  onChange: (v: Json | undefined) => void; // undefined: the field goes
  action?: ReactNode;
}

const asText = (v: Json | undefined) => (v === undefined ? '' : typeof v === 'string' ? v : JSON.stringify(v));

// TextField edits a text. An empty one takes the field away.
export function TextField({ label, help, value, onChange, action, long, placeholder }: FieldProps & { long?: boolean; placeholder?: string }) {
  const { readonly } = useStudio();
  const common = { value: asText(value), ariaLabel: label, readOnly: readonly, placeholder };
  const change = (text: string) => onChange(text === '' ? undefined : text);
  return (
    <FormField label={label} description={help} stretch secondaryControl={action}>
      {long ? <Textarea {...common} rows={2} onChange={({ detail }) => change(detail.value)} /> : <Input {...common} onChange={({ detail }) => change(detail.value)} />}
      {common.value.includes('{%') && <Evaluated text={common.value} />}
    </FormField>
  );
}

// PathField edits a path, for which null is a value of its own.
export function PathField({ value, onChange, ...rest }: FieldProps) {
  return <TextField {...rest} value={value} placeholder="$" onChange={(v) => onChange(v === 'null' ? null : v)} />;
}

// NumberField edits a number, or text that gives one.
export function NumberField({ value, onChange, ...rest }: FieldProps) {
  const change = (v: Json | undefined) => onChange(typeof v === 'string' && /^-?\d+(\.\d+)?$/.test(v) ? Number(v) : v);
  return <TextField {...rest} value={value} onChange={change} />;
}

export function ChoiceField({ label, help, value, onChange, values, none }: FieldProps & { values: string[]; none?: string }) {
  const { readonly } = useStudio();
  const options = [...(none === undefined ? [] : [{ value: '', label: none }]), ...values.map((v) => ({ value: v, label: v }))];
  const text = asText(value);
  return (
    <FormField label={label} description={help} stretch>
      <Select
        disabled={readonly}
        ariaLabel={label}
        options={options}
        selectedOption={options.find((o) => o.value === text) ?? (text ? { value: text, label: text } : null)}
        placeholder="Choose"
        filteringType={options.length > 8 ? 'auto' : 'none'}
        onChange={({ detail }) => onChange(detail.selectedOption.value || undefined)}
      />
    </FormField>
  );
}

const printed = (v: Json | undefined) => (v === undefined ? '' : JSON.stringify(v, null, 2));

function parse(text: string): { value: Json | undefined } | string {
  if (text.trim() === '') return { value: undefined };
  try {
    return { value: JSON.parse(text) as Json };
  } catch (e) {
    return e instanceof Error ? e.message : String(e);
  }
}

// JsonField edits a value as JSON. What is no JSON stays here until it is.
export function JsonField({ label, help, value, onChange, action, height = '130px' }: FieldProps & { height?: string }) {
  const { readonly } = useStudio();
  const [text, setText] = useState(() => printed(value));
  const sent = useRef(JSON.stringify(value));
  const now = JSON.stringify(value);
  useEffect(() => {
    if (sent.current === now) return;
    sent.current = now;
    setText(now === undefined ? '' : JSON.stringify(JSON.parse(now), null, 2));
  }, [now]);
  const result = parse(text);
  const change = (t: string) => {
    setText(t);
    const r = parse(t);
    if (typeof r === 'string') return;
    const next = JSON.stringify(r.value);
    if (next === sent.current) return;
    sent.current = next;
    onChange(r.value);
  };
  return (
    <FormField label={label} description={help} stretch errorText={typeof result === 'string' ? result : undefined} secondaryControl={action}>
      <Code value={text} language="json" label={label} height={height} onChange={readonly ? undefined : change} />
    </FormField>
  );
}

// ExpressionField edits JSON or an expression in {% %} without its quotes.
export function ExpressionField({ value, onChange, ...rest }: FieldProps) {
  const change = (v: Json | undefined) => {
    const r = typeof v === 'string' && !v.includes('{%') ? parse(v) : undefined;
    onChange(r === undefined || typeof r === 'string' ? v : r.value);
  };
  return <TextField {...rest} value={value} long onChange={change} />;
}
