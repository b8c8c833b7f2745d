import Box from '@cloudscape-design/components/box';
import FormField from '@cloudscape-design/components/form-field';
import Grid from '@cloudscape-design/components/grid';
import Select, { type SelectProps } from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { lazy, Suspense, useMemo, useState } from 'react';
import type { Visit } from '../../../history/fold';
import { pretty } from '../../../parts/json';
import { formatBytes } from '../../../parts/time';
import { useStages } from '../useStages';

const Diff = lazy(() => import('../../../editor/Diff'));

type Side = 'in' | 'out';

// A place is where data was: before or after a visit.
interface Place {
  visit: Visit;
  side: Side;
}

const idOf = (p: Place | undefined) => (p ? `${p.visit.id}${p.side}` : '');

const most = 1_000; // visits to choose from: the last ones

function optionsOf(visits: Visit[]): SelectProps.Option[] {
  return visits.slice(-most).flatMap((visit) => [
    { value: `${visit.id}in`, label: `Input of ${visit.name}`, labelTag: `#${visit.id} · ${formatBytes(visit.inputBytes)}` },
    ...(visit.exited ? [{ value: `${visit.id}out`, label: `Output of ${visit.name}`, labelTag: `#${visit.exited} · ${formatBytes(visit.outputBytes)}` }] : []),
  ]);
}

function usePlace(arn: string, place: Place | undefined): string | undefined {
  const { data } = useStages(arn, place?.visit);
  const text = place?.side === 'in' ? data?.input : data?.output;
  return data && pretty(text ?? '');
}

// Between shows what is different between the data at two places; at first, what the selected state changed.
export function Between({ arn, visits, selected }: { arn: string; visits: Visit[]; selected?: Visit }) {
  const [chosen, setChosen] = useState<{ a?: string; b?: string }>({});
  const options = useMemo(() => optionsOf(visits), [visits]);
  const first = selected ?? visits.findLast((v) => v.exited !== undefined);
  const find = (id: string | undefined, side: Side): Place | undefined => {
    const visit = id ? visits.find((v) => v.id === parseInt(id)) : first;
    return visit && { visit, side: id ? (id.endsWith('in') ? 'in' : 'out') : side };
  };
  const [placeA, placeB] = [find(chosen.a, 'in'), find(chosen.b, 'out')];
  const [a, b] = [usePlace(arn, placeA), usePlace(arn, placeB)];
  const picker = (label: string, place: Place | undefined, onPick: (id: string) => void) => (
    <FormField label={label} stretch>
      <Select
        options={options}
        selectedOption={options.find((o) => o.value === idOf(place)) ?? null}
        filteringType="auto"
        virtualScroll
        placeholder="Choose a state"
        onChange={({ detail }) => onPick(detail.selectedOption.value!)}
      />
    </FormField>
  );
  return (
    <SpaceBetween size="s">
      <Grid gridDefinition={[{ colspan: { default: 12, s: 6 } }, { colspan: { default: 12, s: 6 } }]}>
        {picker('From', placeA, (id) => setChosen((old) => ({ ...old, a: id })))}
        {picker('To', placeB, (id) => setChosen((old) => ({ ...old, b: id })))}
      </Grid>
      {a !== undefined && b !== undefined && (a === b ? <Box color="text-body-secondary">They are the same.</Box> : <Suspense fallback={null}><Diff a={a} b={b} label="What is different" height="420px" /></Suspense>)}
    </SpaceBetween>
  );
}
