import Autosuggest from '@cloudscape-design/components/autosuggest';
import FormField from '@cloudscape-design/components/form-field';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { optimisedPieces } from '../../../studio/pieces';
import { setField } from '../../../studio/operations';
import { languageAt, type Place, stateAt } from '../../../studio/states';
import { useStudio } from '../context';
import { integrationsQuery } from '../server';
import { Parameters } from './Parameters';
import { ChoiceField } from './values';

const suffix = /\.(sync:2|sync|waitForTaskToken)$/;

const words: Record<string, string> = { '': 'Go on with its answer', '.sync': 'Wait until it is done', '.sync:2': 'Wait until it is done; output as JSON', '.waitForTaskToken': 'Wait for an answer with the task token' };

// Task says what is called, how, and with what.
export function Task({ place }: { place: Place }) {
  const { tree, run, readonly } = useStudio();
  const { data } = useQuery(integrationsQuery);
  const state = stateAt(tree, place);
  const resource = typeof state.Resource === 'string' ? state.Resource : '';
  const options = useMemo(() => (data ? optimisedPieces(data).map((p) => ({ value: p.id.slice(5), label: p.id.slice(5), description: `${p.title} ${p.text}` })) : []), [data]);
  const bare = resource.replace(suffix, '');
  const patterns = data?.optimised.find((i) => i.resource === bare)?.patterns ?? ['', '.waitForTaskToken'];
  const way = resource.slice(bare.length);
  const set = (v: string) => run((text) => setField(text, place, ['Resource'], v));
  return (
    <SpaceBetween size="s">
      <FormField label="Resource" description="What is called: an integration, a function or an activity." stretch>
        <Autosuggest value={resource} options={options} disabled={readonly} ariaLabel="Resource" enteredTextLabel={(t) => `Use ${t}`} onChange={({ detail }) => set(detail.value)} />
      </FormField>
      {resource.includes(':states:::') && patterns.length > 1 && (
        <ChoiceField label="After the call" value={words[way] ?? way} values={patterns.map((p) => words[p] ?? p)} onChange={(v) => set(bare + (patterns.find((p) => (words[p] ?? p) === v) ?? ''))} />
      )}
      <Parameters place={place} resource={resource} field={languageAt(tree, place) === 'JSONata' ? 'Arguments' : 'Parameters'} />
    </SpaceBetween>
  );
}
