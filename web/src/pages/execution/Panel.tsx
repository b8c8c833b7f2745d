import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import Tabs from '@cloudscape-design/components/tabs';
import { useQuery } from '@tanstack/react-query';
import { get } from '../../api/client';
import type { Execution, Stages } from '../../api/model';
import { paths, useView } from '../../app/navigation';
import { pathOf, statusAt, type History, type Visit } from '../../history/fold';
import { arnName } from '../../parts/arn';
import { Code } from '../../parts/Code';
import { ErrorAlert } from '../../parts/ErrorAlert';
import { pretty } from '../../parts/json';
import { PageLink } from '../../parts/PageLink';
import { Status } from '../../parts/Status';
import { formatDuration } from '../../parts/time';
import { Time } from '../../parts/Time';
import { Attempts } from './Attempts';
import { scopeName } from './rows';
import type { Selection } from './view';

interface Props {
  execution: Execution;
  history: History;
  selection: Selection;
}

// stateText returns the definition of a state, wherever in the machine it is: names are unique.
export function stateText(definition: string, name: string): string | undefined {
  let found: unknown;
  const look = (v: unknown): void => {
    if (found !== undefined || typeof v !== 'object' || v === null) return;
    const states = (v as { States?: Record<string, unknown> }).States;
    if (states && typeof states === 'object' && name in states) {
      found = states[name];
      return;
    }
    for (const inner of Object.values(v)) look(inner);
  };
  try {
    look(JSON.parse(definition));
  } catch {
    return undefined;
  }
  return found === undefined ? undefined : JSON.stringify(found, null, 2);
}

// stagesQuery reads what became of the data in a visit. While it runs there is more to come.
export function stagesQuery(arn: string, visit: Visit) {
  return {
    queryKey: ['stages', arn, visit.id, visit.end ?? visit.events.length],
    queryFn: ({ signal }: { signal: AbortSignal }) => get<Stages>('execution/stages', { arn, event: visit.id }, signal),
    staleTime: Infinity,
  };
}

function Payload({ title, text }: { title: string; text: string | null | undefined }) {
  if (text === null || text === undefined) return null;
  const shown = pretty(text);
  const lines = Math.min(14, Math.max(3, shown.split('\n').length + 1));
  return (
    <div>
      <Box variant="awsui-key-label">{title}</Box>
      <Code language="json" label={title} value={shown} height={`${lines * 18 + 10}px`} />
    </div>
  );
}

function Data({ arn, visit, which }: { arn: string; visit: Visit; which: 'input' | 'output' | 'variables' }) {
  const { data, error } = useQuery(stagesQuery(arn, visit));
  if (error) return <ErrorAlert error={error} />;
  if (!data) return <Spinner />;
  const jsonata = data.queryLanguage === 'JSONata';
  const stages: [string, string | null | undefined][] =
    which === 'input'
      ? [
          ['State input', data.input],
          ['After InputPath', data.afterInput !== data.input ? data.afterInput : null],
          [jsonata ? 'Arguments' : 'After Parameters', data.arguments],
        ]
      : which === 'output'
        ? [
            ['Result', data.result],
            ['After ResultSelector', data.afterSelector !== data.result ? data.afterSelector : null],
            ['After ResultPath', data.afterResult !== data.output ? data.afterResult : null],
            ['State output', data.output],
          ]
        : [
            ['Before', data.before ? JSON.stringify(data.before) : null],
            ['Assigned', data.assigned ? JSON.stringify(data.assigned) : null],
          ];
  const some = stages.some(([, text]) => text !== null && text !== undefined);
  return (
    <SpaceBetween size="s">
      {data.note && <Box color="text-body-secondary">{data.note}</Box>}
      {!some && <Box color="text-body-secondary">{which === 'variables' ? 'No variables.' : 'There is none, or not yet.'}</Box>}
      {stages.map(([title, text]) => (
        <Payload key={title} title={title} text={text} />
      ))}
    </SpaceBetween>
  );
}

// Visits lets people choose among the visits of one state.
function Visits({ history, selection, visit }: { history: History; selection: Selection; visit: Visit }) {
  const same = history.visits.filter((v) => v.name === visit.name);
  if (same.length < 2) return null;
  const option = (v: Visit, i: number) => ({ value: String(v.id), label: [...pathOf(v).map(scopeName), `visit ${i + 1}`].join(', '), description: statusAt(v, history.last) });
  const options = same.slice(0, 1_000).map(option);
  return (
    <Select
      ariaLabel="Visit of the state"
      filteringType="auto"
      options={options}
      selectedOption={option(visit, same.indexOf(visit))}
      onChange={({ detail }) => selection.select(same.find((v) => String(v.id) === detail.selectedOption.value))}
    />
  );
}

function Facts({ visit, at }: { visit: Visit; at: number }) {
  const status = statusAt(visit, at);
  return (
    <KeyValuePairs
      columns={2}
      items={[
        { label: 'Status', value: status ? <Status status={status} /> : 'Not entered yet' },
        { label: 'Type', value: visit.type },
        { label: 'Entered', value: <Time at={visit.start} /> },
        { label: 'Duration', value: visit.stop === undefined ? '–' : formatDuration(visit.stop - visit.start) },
        ...(visit.resource ? [{ label: 'Resource', value: <span style={{ wordBreak: 'break-all' }}>{visit.resource}</span> }] : []),
        ...(visit.child ? [{ label: 'Nested execution', value: <PageLink to={paths.execution(visit.child)}>{arnName(visit.child)}</PageLink> }] : []),
        ...(visit.mapRun ? [{ label: 'Map Run', value: <PageLink to={paths.mapRun(visit.mapRun)}>{arnName(visit.mapRun)}</PageLink> }] : []),
        ...(visit.error ? [{ label: 'Error', value: visit.error }] : []),
      ]}
    />
  );
}

const ids = ['input', 'output', 'variables', 'definition', 'attempts', 'events'] as const;

// Panel shows the selected visit of a state.
export function Panel({ execution, history, selection }: Props) {
  const { visit, state } = selection;
  const [view, setView] = useView();
  const definition = state ? stateText(execution.definition, state) : undefined;
  if (!visit) {
    return (
      <Container header={<Header variant="h2">{state ?? 'Execution'}</Header>}>
        <SpaceBetween size="s">
          {state ? <Box color="text-body-secondary">This state was not entered.</Box> : null}
          {state && definition ? <Code language="json" label={`Definition of ${state}`} value={definition} height="300px" /> : null}
          {!state && <Payload title="Input" text={execution.input} />}
          {!state && <Payload title="Output" text={execution.output} />}
          {!state && execution.input === null && <Box color="text-body-secondary">The payloads of this execution are not shown to you.</Box>}
        </SpaceBetween>
      </Container>
    );
  }
  const content: Record<(typeof ids)[number], React.ReactNode> = {
    input: <Data arn={execution.arn} visit={visit} which="input" />,
    output: <Data arn={execution.arn} visit={visit} which="output" />,
    variables: <Data arn={execution.arn} visit={visit} which="variables" />,
    definition: <Code language="json" label={`Definition of ${visit.name}`} value={definition ?? ''} height="340px" />,
    attempts: <Attempts visit={visit} history={history} onEvent={selection.openEvent} />,
    events: <Attempts visit={visit} history={history} onEvent={selection.openEvent} all />,
  };
  return (
    <Container header={<Header variant="h2" description={pathOf(visit).map(scopeName).join(' › ')}>{visit.name}</Header>}>
      <SpaceBetween size="s">
        <Visits history={history} selection={selection} visit={visit} />
        <Facts visit={visit} at={selection.at} />
        <Tabs
          ariaLabel="About the state"
          activeTabId={ids.find((id) => id === view.panel) ?? 'input'}
          onChange={({ detail }) => setView({ panel: detail.activeTabId === 'input' ? undefined : detail.activeTabId })}
          tabs={ids.map((id) => ({ id, label: id[0]!.toUpperCase() + id.slice(1), content: content[id] }))}
        />
      </SpaceBetween>
    </Container>
  );
}
