import Box from '@cloudscape-design/components/box';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Toggle from '@cloudscape-design/components/toggle';
import { useState } from 'react';
import type { Field } from '../../../api/model';
import { isObject, type Json, type JsonObject } from '../../../studio/document';
import { setField } from '../../../studio/operations';
import { type Place, stateAt } from '../../../studio/states';
import { useStudio } from '../context';
import { useParameters } from '../server';
import { ChoiceField, JsonField, NumberField, TextField } from './values';

// Parameters edits what a call gets, by a form of the fields that it takes, or as JSON.
export function Parameters({ place, resource, field }: { place: Place; resource: string; field: 'Arguments' | 'Parameters' }) {
  const { tree, run } = useStudio();
  const { data } = useParameters(resource);
  const [json, setJson] = useState(false);
  const value = stateAt(tree, place)[field];
  const form = data && data.fields.length > 0 && (value === undefined || isObject(value)) && !json;
  const change = (path: string[], v: Json | undefined) => run((text) => setField(text, place, [field, ...path], v));
  return (
    <SpaceBetween size="s">
      <div className="row">
        <h3>{field}</h3>
        {data && data.fields.length > 0 && (
          <Toggle checked={json} onChange={({ detail }) => setJson(detail.checked)}>
            JSON
          </Toggle>
        )}
      </div>
      {form ? (
        <Members fields={data.fields} value={isObject(value) ? value : {}} paths={field === 'Parameters'} onChange={change} />
      ) : (
        <JsonField label={field} help={field === 'Arguments' ? 'JSON with expressions in {% %}.' : 'Names that end in .$ have paths or intrinsic functions.'} value={value} height="220px" onChange={(v) => change([], v)} />
      )}
    </SpaceBetween>
  );
}

interface MembersProps {
  fields: Field[];
  value: JsonObject;
  paths: boolean; // members may be called name.$ and have a path
  onChange: (path: string[], v: Json | undefined) => void;
}

// Members edits an object: the fields that it has or needs, a list of the others, and what no field is known for.
function Members({ fields, value, paths, onChange }: MembersProps) {
  const { readonly } = useStudio();
  const has = (f: Field) => f.name in value || `${f.name}.$` in value;
  const shown = fields.filter((f) => f.required || has(f));
  const rest = fields.filter((f) => !shown.includes(f));
  const strange = Object.keys(value).filter((k) => !fields.some((f) => f.name === k || `${f.name}.$` === k));
  return (
    <SpaceBetween size="xs">
      {shown.map((f) => (
        <Member key={f.name} field={f} value={value} paths={paths} onChange={onChange} />
      ))}
      {strange.map((k) => (
        <JsonField key={k} label={k} value={value[k]} height="70px" onChange={(v) => onChange([k], v)} />
      ))}
      {rest.length > 0 && !readonly && (
        <Select
          selectedOption={null}
          placeholder={`Add one of ${rest.length} more`}
          ariaLabel="Add a field"
          filteringType="auto"
          options={rest.map((f) => ({ value: f.name, label: f.name, description: f.type }))}
          onChange={({ detail }) => {
            const f = rest.find((r) => r.name === detail.selectedOption.value);
            if (f) onChange([f.name], initial(f));
          }}
        />
      )}
    </SpaceBetween>
  );
}

function initial(f: Field): Json {
  if (f.values?.[0] !== undefined) return f.values[0];
  switch (f.type) {
    case 'number':
      return 0;
    case 'boolean':
      return true;
    case 'list':
      return [];
    case 'map':
    case 'structure':
      return {};
    default:
      return '';
  }
}

function Member({ field, value, paths, onChange }: Omit<MembersProps, 'fields'> & { field: Field }) {
  const dynamic = `${field.name}.$`;
  const label = field.name + (field.required ? ' *' : '');
  if (dynamic in value) {
    return <TextField label={label} help="A path or an intrinsic function" value={value[dynamic]} onChange={(v) => onChange([dynamic], v)} />;
  }
  const now = value[field.name];
  // In JSONPath a text that begins as a path is one: the member is then called name.$.
  const set = (v: Json | undefined) => {
    const path = paths && typeof v === 'string' && /^(\$\.|\$\$|States\.)/.test(v);
    if (path && now === undefined) onChange([dynamic], v);
    else onChange([field.name], v);
  };
  const expression = typeof now === 'string' && now.includes('{%');
  if (field.values && !expression) return <ChoiceField label={label} help={field.type} value={now} values={field.values} none="–" onChange={set} />;
  if (field.type === 'boolean' && !expression) return <ChoiceField label={label} help="boolean" value={now === undefined ? '' : String(now)} values={['true', 'false']} none="–" onChange={(v) => set(v === undefined ? undefined : v === 'true')} />;
  if (field.type === 'number') return <NumberField label={label} help="number" value={now} onChange={set} />;
  if (field.type === 'structure' && field.fields && isObject(now)) return <Nested field={field} label={label} value={now} paths={paths} onChange={onChange} />;
  if (['list', 'map', 'structure', 'any'].includes(field.type) && !expression) return <JsonField label={label} help={field.type} value={now} height="90px" onChange={set} />;
  return <TextField label={label} help={field.type === 'string' ? undefined : field.type} value={now} onChange={set} />;
}

function Nested({ field, label, value, paths, onChange }: { field: Field; label: string; value: JsonObject; paths: boolean; onChange: MembersProps['onChange'] }) {
  return (
    <fieldset className="entry">
      <legend>{label}</legend>
      <Box>
        <Members fields={field.fields ?? []} value={value} paths={paths} onChange={(path, v) => onChange([field.name, ...path], v)} />
      </Box>
    </fieldset>
  );
}
