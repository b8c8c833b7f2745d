import Box from '@cloudscape-design/components/box';
import ColumnLayout from '@cloudscape-design/components/column-layout';
import FormField from '@cloudscape-design/components/form-field';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useQuery } from '@tanstack/react-query';
import { colorFigure } from '../../parts/tokens';
import { lazy, Suspense, useMemo } from 'react';
import { useView } from '../../app/navigation';
import type { Visit } from '../../history/fold';
import { pretty } from '../../parts/json';
import { formatBytes } from '../../parts/time';
import { stagesQuery } from './Panel';
import type { Loaded } from './useExecution';
import type { Selection } from './view';

const Diff = lazy(() => import('../../editor/Diff'));

const width = 900;
const height = 120;
const most = 600; // bars

// Sizes shows how large the payload was in each visit, in the order they ended.
function Sizes({ visits, onSelect }: { visits: Visit[]; onSelect: (v: Visit) => void }) {
  const list = visits.filter((v) => v.exited !== undefined).slice(-most);
  const largest = Math.max(1, ...list.map((v) => v.outputBytes));
  const step = width / Math.max(1, list.length);
  return (
    <svg viewBox={`0 0 ${width} ${height}`} width="100%" role="img" aria-label={`Size of the output of each state; the largest is ${formatBytes(largest)}`}>
      {list.map((v, i) => {
        const h = Math.max(2, (v.outputBytes / largest) * (height - 20));
        return (
          <g key={v.id} onClick={() => onSelect(v)} style={{ cursor: 'pointer' }}>
            <title>{`${v.name}: ${formatBytes(v.outputBytes)}`}</title>
            <rect x={i * step} y={0} width={step} height={height} fill="transparent" />
            <rect x={i * step + 0.5} y={height - h} width={Math.max(1, step - 1)} height={h} fill={colorFigure} />
          </g>
        );
      })}
    </svg>
  );
}

function useText(arn: string, visit: Visit | undefined): string {
  const { data } = useQuery({ ...stagesQuery(arn, visit ?? emptyVisit), enabled: visit !== undefined });
  if (!visit || !data) return '';
  const variables = data.before || data.assigned ? { ...(data.before as object | undefined), ...(data.assigned as object | undefined) } : undefined;
  return pretty(data.output ?? data.input ?? '') + (variables ? `\n\nvariables\n${JSON.stringify(variables, null, 2)}` : '');
}

const emptyVisit = { id: 0, events: [] } as unknown as Visit;

// DataView shows what became of the data over time, and the difference between any two states.
export function DataView({ arn, loaded, selection }: { arn: string; loaded: Loaded; selection: Selection }) {
  const { history, version } = loaded;
  const [view, setView] = useView();
  const visits = useMemo(() => history.visits.filter((v) => v.id <= selection.at), [history, version, selection.at]);
  const b = selection.visit ?? visits.at(-1);
  const a = visits.find((v) => v.id === Number(view.from)) ?? b?.before ?? visits[0];
  const [left, right] = [useText(arn, a), useText(arn, b)];
  const option = (v: Visit) => ({ value: String(v.id), label: v.name, description: `event ${v.id}` });
  const options = useMemo(() => visits.slice(-2_000).map(option), [visits]);
  return (
    <SpaceBetween size="m">
      <div>
        <Box variant="awsui-key-label">Size of outputs</Box>
        <Sizes visits={visits} onSelect={selection.select} />
      </div>
      <ColumnLayout columns={2}>
        <FormField label="From the output of">
          <Select
            ariaLabel="First state"
            filteringType="auto"
            options={options}
            selectedOption={a ? option(a) : null}
            onChange={({ detail }) => setView({ from: detail.selectedOption.value })}
          />
        </FormField>
        <FormField label="To the output of">
          <Select
            ariaLabel="Second state"
            filteringType="auto"
            options={options}
            selectedOption={b ? option(b) : null}
            onChange={({ detail }) => selection.select(visits.find((v) => String(v.id) === detail.selectedOption.value))}
          />
        </FormField>
      </ColumnLayout>
      <Suspense fallback={null}>
        <Diff a={left} b={right} label="Difference of the data" height="420px" />
      </Suspense>
    </SpaceBetween>
  );
}
