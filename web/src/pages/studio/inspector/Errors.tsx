import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Multiselect from '@cloudscape-design/components/multiselect';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import Autosuggest from '@cloudscape-design/components/autosuggest';
import { isObject, type Json, type JsonObject } from '../../../studio/document';
import { errorNames } from '../../../studio/fields';
import { addCatch, setField } from '../../../studio/operations';
import { languageAt, type Place, stateAt } from '../../../studio/states';
import { useStudio } from '../context';
import { useTargets } from './Transition';
import { ChoiceField, JsonField, NumberField, PathField } from './values';

const retrier: JsonObject = { ErrorEquals: ['States.ALL'], IntervalSeconds: 1, MaxAttempts: 3, BackoffRate: 2 };

// Errors are what a state does when it fails: try again, or go elsewhere.
export function Errors({ place }: { place: Place }) {
  const { tree, run, readonly } = useStudio();
  const state = stateAt(tree, place);
  const list = (field: string) => (Array.isArray(state[field]) ? (state[field] as Json[]) : []);
  const set = (field: string, v: Json[]) => run((text) => setField(text, place, [field], v.length > 0 ? v : undefined));
  const retry = list('Retry');
  const catchers = list('Catch');
  return (
    <SpaceBetween size="m">
      <h3>Retry</h3>
      {retry.map((r, i) => (
        <Entry key={i} title={`Retrier ${i + 1}`} onRemove={() => set('Retry', retry.filter((_, k) => k !== i))}>
          <Retrier value={isObject(r) ? r : {}} onChange={(f, v) => run((text) => setField(text, place, ['Retry', i, f], v))} />
        </Entry>
      ))}
      {!readonly && (
        <Button iconName="add-plus" onClick={() => set('Retry', [...retry, retrier])}>
          Add a retrier
        </Button>
      )}
      <h3>Catch</h3>
      {catchers.map((c, i) => (
        <Entry key={i} title={`Catcher ${i + 1}`} onRemove={() => set('Catch', catchers.filter((_, k) => k !== i))}>
          <Catcher place={place} value={isObject(c) ? c : {}} onChange={(f, v) => run((text) => setField(text, place, ['Catch', i, f], v))} />
        </Entry>
      ))}
      {!readonly && (
        <Button iconName="add-plus" onClick={() => run((text) => ({ ...addCatch(text, place), select: place.pointer }))}>
          Add a catcher
        </Button>
      )}
    </SpaceBetween>
  );
}

function Entry({ title, onRemove, children }: { title: string; onRemove: () => void; children: React.ReactNode }) {
  const { readonly } = useStudio();
  return (
    <fieldset className="entry">
      <legend>{title}</legend>
      {!readonly && (
        <div className="entry-actions">
          <Button variant="icon" iconName="remove" ariaLabel={`Remove ${title}`} onClick={onRemove} />
        </div>
      )}
      {children}
    </fieldset>
  );
}

type Change = (field: string, v: Json | undefined) => void;

function Retrier({ value, onChange }: { value: JsonObject; onChange: Change }) {
  return (
    <SpaceBetween size="xs">
      <Names value={value.ErrorEquals} onChange={(v) => onChange('ErrorEquals', v)} />
      <div className="pairs">
        <NumberField label="First wait, s" value={value.IntervalSeconds} onChange={(v) => onChange('IntervalSeconds', v)} />
        <NumberField label="Attempts" value={value.MaxAttempts} onChange={(v) => onChange('MaxAttempts', v)} />
        <NumberField label="Backoff" value={value.BackoffRate} onChange={(v) => onChange('BackoffRate', v)} />
        <NumberField label="Longest wait, s" value={value.MaxDelaySeconds} onChange={(v) => onChange('MaxDelaySeconds', v)} />
      </div>
      <ChoiceField label="Jitter" help="FULL spreads the attempts of many executions." value={value.JitterStrategy} values={['FULL', 'NONE']} none="–" onChange={(v) => onChange('JitterStrategy', v)} />
    </SpaceBetween>
  );
}

function Catcher({ place, value, onChange }: { place: Place; value: JsonObject; onChange: Change }) {
  const { tree } = useStudio();
  const targets = useTargets(place);
  const jsonata = languageAt(tree, place) === 'JSONata';
  return (
    <SpaceBetween size="xs">
      <Names value={value.ErrorEquals} onChange={(v) => onChange('ErrorEquals', v)} />
      <ChoiceField label="Then" value={value.Next} values={targets} onChange={(v) => onChange('Next', v)} />
      {!jsonata && <PathField label="Result path" help="Where in the input {Error, Cause} goes." value={value.ResultPath} onChange={(v) => onChange('ResultPath', v)} />}
      {jsonata && value.Output !== undefined && <JsonField label="Output" help="$states.errorOutput has Error and Cause." value={value.Output} height="80px" onChange={(v) => onChange('Output', v)} />}
      {jsonata && value.Output === undefined && (
        <Button iconName="add-plus" variant="inline-link" onClick={() => onChange('Output', '{% $states.errorOutput %}')}>
          Output
        </Button>
      )}
      {value.Assign !== undefined && <JsonField label="Variables" value={value.Assign} height="80px" onChange={(v) => onChange('Assign', v)} />}
    </SpaceBetween>
  );
}

// Names edits the names of errors: those that are known, and any other.
function Names({ value, onChange }: { value: Json | undefined; onChange: (v: string[]) => void }) {
  const [more, setMore] = useState('');
  const names = Array.isArray(value) ? value.filter((v): v is string => typeof v === 'string') : [];
  const option = (n: string) => ({ value: n, label: n });
  const add = (n: string) => {
    setMore('');
    if (n && !names.includes(n)) onChange([...names, n]);
  };
  return (
    <SpaceBetween size="xxs">
      <FormField label="Errors" stretch>
        <Multiselect
          selectedOptions={names.map(option)}
          options={[...new Set([...errorNames, ...names])].map(option)}
          filteringType="auto"
          placeholder="Choose errors"
          ariaLabel="Errors"
          onChange={({ detail }) => onChange(detail.selectedOptions.map((o) => o.value ?? ''))}
        />
      </FormField>
      <Autosuggest
        value={more}
        options={[]}
        ariaLabel="Another error"
        placeholder="Another error, and Enter"
        enteredTextLabel={(t) => `Add “${t}”`}
        onChange={({ detail }) => setMore(detail.value)}
        onSelect={({ detail }) => add(detail.value)}
        onKeyDown={({ detail }) => detail.key === 'Enter' && add(more)}
      />
    </SpaceBetween>
  );
}
