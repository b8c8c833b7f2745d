import './execution.css';
import Container from '@cloudscape-design/components/container';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { aws } from '../../api/client';
import type { Execution } from '../../api/model';
import { useParam, useView } from '../../app/navigation';
import { queryClient } from '../../app/queries';
import { useMay } from '../../app/session';
import type { History, Visit } from '../../history/fold';
import { Confirm } from '../../parts/Confirm';
import { ErrorAlert } from '../../parts/ErrorAlert';
import { StartDialog } from '../../parts/StartDialog';
import { surface } from '../../parts/surface';
import { DataView } from './DataView';
import { EventsView } from './EventsView';
import { Failure, failedVisit } from './Failure';
import { ForkDialog } from './ForkDialog';
import { GraphView } from './GraphView';
import { type Action, Head } from './Head';
import { Panel } from './Panel';
import { closedAtFirst } from './rows';
import { Scrubber } from './Scrubber';
import { StatesView } from './StatesView';
import { type Loaded, useExecution } from './useExecution';
import { type Selection, tabs, useSelection } from './view';
import { WaterfallView } from './WaterfallView';

const height = 560;

const names: Record<(typeof tabs)[number], string> = { graph: 'Graph', states: 'States', waterfall: 'Waterfall', events: 'Events', data: 'Data' };

// useKeys has 1 to 5 choose the view, where nobody types.
function useKeys(selection: Selection, history: History, act: (action: Action) => void): void {
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      const target = e.target as HTMLElement;
      if (e.ctrlKey || e.metaKey || e.altKey || target.closest('input, textarea, select, [contenteditable=true], [role=dialog]')) return;
      const tab = tabs[Number(e.key) - 1];
      if (tab) selection.setTab(tab);
      else if (e.key === 'r') act('redrive');
      else if (e.key === '[' || e.key === ']') {
        const failures = history.visits.filter((v) => ['FAILED', 'TIMED_OUT', 'CAUGHT'].includes(v.status));
        const i = selection.visit ? failures.indexOf(selection.visit) : -1;
        selection.select(failures[e.key === ']' ? Math.min(failures.length - 1, i + 1) : Math.max(0, i - 1)]);
      }
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  });
}

// useIteration has the graph count one iteration of the outermost Map alone, when somebody chooses one.
function useIteration(loaded: Loaded) {
  const { history, version } = loaded;
  const [view, setView] = useView();
  const chosen = Number(view.iteration) || undefined;
  const maps = useMemo(() => history.visits.filter((v) => v.type === 'Map' && v.scopes.length > 0), [history, version]);
  const counts = useCallback(
    (v: Visit): boolean => {
      if (chosen === undefined) return true;
      let scope = v.scope;
      while (scope.container && scope.id !== chosen && scope.container.scope.kind !== 'execution') scope = scope.container.scope;
      const picked = maps.find((m) => m.scopes.some((s) => s.id === chosen));
      return scope.id === chosen || scope.container !== picked || scope.kind !== 'iteration';
    },
    [chosen, maps],
  );
  const options = [
    { value: '', label: 'All iterations' },
    ...maps.flatMap((m) => m.scopes.slice(0, 2_000).map((s) => ({ value: String(s.id), label: `${m.name}: iteration ${s.index}`, description: s.status.toLowerCase() }))),
  ];
  const picker = maps.length > 0 && (
    <Select
      ariaLabel="Iteration"
      filteringType="auto"
      options={options}
      selectedOption={options.find((o) => o.value === (view.iteration ?? '')) ?? options[0]!}
      onChange={({ detail }) => setView({ iteration: detail.selectedOption.value || undefined })}
    />
  );
  return { counts, picker };
}

function useClosed(history: History, version: number) {
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const many = useMemo(() => closedAtFirst(history), [history, version]);
  const closed = useMemo(() => new Set([...many].filter((k) => !toggled.has(k)).concat([...toggled].filter((k) => !many.has(k)))), [many, toggled]);
  const toggle = useCallback((key: string) => setToggled((old) => new Set(old.has(key) ? [...old].filter((k) => k !== key) : [...old, key])), []);
  return { closed, toggle };
}

function Views({ execution, loaded, selection }: { execution: Execution; loaded: Loaded; selection: Selection }) {
  const { closed, toggle } = useClosed(loaded.history, loaded.version);
  const { counts, picker } = useIteration(loaded);
  const common = { loaded, selection, height };
  return (
    <Container>
      <SpaceBetween size="s">
        <SpaceBetween direction="horizontal" size="m" alignItems="center">
          <SegmentedControl
            label="View"
            selectedId={selection.tab}
            options={tabs.map((id) => ({ id, text: names[id] }))}
            onChange={({ detail }) => selection.setTab(detail.selectedId as (typeof tabs)[number])}
          />
          {selection.tab === 'graph' && picker}
        </SpaceBetween>
        {selection.tab === 'graph' && <GraphView {...common} definition={execution.definition} counts={counts} running={execution.status === 'RUNNING'} />}
        {selection.tab === 'states' && <StatesView {...common} closed={closed} onToggle={toggle} />}
        {selection.tab === 'waterfall' && <WaterfallView {...common} closed={closed} onToggle={toggle} />}
        {selection.tab === 'events' && <EventsView {...common} arn={execution.arn} />}
        {selection.tab === 'data' && <DataView arn={execution.arn} loaded={loaded} selection={selection} />}
        {selection.tab !== 'data' && <Scrubber history={loaded.history} selection={selection} />}
      </SpaceBetween>
    </Container>
  );
}

function Dialogs({ action, execution, history, visit, onClose }: { action?: Action; execution: Execution; history: History; visit?: Visit; onClose: () => void }) {
  const refresh = () => queryClient.invalidateQueries({ queryKey: ['execution', execution.arn] });
  switch (action) {
    case 'start':
      return <StartDialog machine={execution.machine} input={execution.input ?? undefined} onClose={onClose} />;
    case 'fork':
      return <ForkDialog execution={execution} history={history} visit={visit ?? failedVisit(history)} onClose={onClose} />;
    case 'stop':
      return (
        <Confirm title="Stop the execution?" action="Stop" onClose={onClose} onConfirm={() => aws('StopExecution', { executionArn: execution.arn }).then(refresh)}>
          It ends as aborted. Tasks that are under way elsewhere may go on there.
        </Confirm>
      );
    case 'redrive':
      return (
        <Confirm title="Redrive the execution?" action="Redrive" onClose={onClose} onConfirm={() => aws('RedriveExecution', { executionArn: execution.arn }).then(refresh)}>
          It goes on from the states that did not succeed, with the definition and the input that it had. To change them, run it again from a state.
        </Confirm>
      );
    default:
      return null;
  }
}

export default function ExecutionPage() {
  const arn = useParam('arn');
  const { execution, loaded, error } = useExecution(arn);
  const { history } = loaded;
  const selection = useSelection(history);
  const [action, setAction] = useState<Action>();
  const operator = useMay('operator');
  const x = execution.data;
  const redrivable = operator && x?.redriveStatus === 'REDRIVABLE';
  useKeys(selection, history, (a) => (a !== 'redrive' || redrivable) && setAction(a));
  if (execution.error && !x) return <ErrorAlert error={execution.error} retry={() => void execution.refetch()} />;
  if (!x) return <Spinner size="large" />;
  return (
    <div style={surface}>
      <SpaceBetween size="m">
        <Head execution={x} history={history} onAction={setAction} />
        <Failure
          execution={x}
          history={history}
          onShow={selection.select}
          onRedrive={redrivable ? () => setAction('redrive') : undefined}
          onFork={operator && !x.mapRun ? () => setAction('fork') : undefined}
        />
        {error !== undefined && <ErrorAlert error={error} header="The events could not be read" />}
        <div className="split">
          <Views execution={x} loaded={loaded} selection={selection} />
          <Panel execution={x} history={history} selection={selection} />
        </div>
        <Dialogs action={action} execution={x} history={history} visit={selection.visit} onClose={() => setAction(undefined)} />
      </SpaceBetween>
    </div>
  );
}
