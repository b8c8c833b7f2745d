import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import Tabs from '@cloudscape-design/components/tabs';
import { useQuery } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import type { Operations } from '../../api/aws';
import { get } from '../../api/client';
import type { MachineRow, Machines } from '../../api/model';
import { useKeys } from '../../app/keys';
import { paths, useGo, useParam, useView } from '../../app/navigation';
import { useMay } from '../../app/session';
import { Arn } from '../../parts/Arn';
import { download } from '../../parts/download';
import { ErrorAlert } from '../../parts/ErrorAlert';
import { ExecutionList } from '../../parts/executions/ExecutionList';
import { quotedIfNeeded } from '../../parts/executions/query';
import { MachineDelete } from '../../parts/MachineDelete';
import { PageHead } from '../../parts/PageHead';
import { Sparkline } from '../../parts/Sparkline';
import { StartDialog } from '../../parts/StartDialog';
import { formatDuration } from '../../parts/time';
import { Time } from '../../parts/Time';
import { AliasesTab } from './AliasesTab';
import { GridTab } from './GridTab';
import { machineQuery } from './queries';
import { SettingsTab } from './SettingsTab';
import { VersionsTab } from './VersionsTab';

const DefinitionTab = lazy(() => import('./DefinitionTab'));

export type Machine = Operations['DescribeStateMachine']['output'];

// useRow returns what the list of state machines has of one.
function useRow(arn: string): MachineRow | undefined {
  const { data } = useQuery({ queryKey: ['machines'], queryFn: ({ signal }) => get<Machines>('machines', {}, signal), refetchInterval: 15_000 });
  return data?.machines.find((m) => m.arn === arn);
}

function Facts({ machine, row }: { machine: Machine; row?: MachineRow }) {
  return (
    <KeyValuePairs
      columns={4}
      items={[
        { label: 'Type', value: `${machine.type === 'EXPRESS' ? 'Express' : 'Standard'}${row ? `, ${row.states} states` : ''}` },
        { label: 'Created', value: <Time at={machine.creationDate * 1000} /> },
        { label: 'Updated', value: row ? <Time at={row.updated} /> : '–' },
        { label: 'Last executions', value: row?.recent.length ? <Sparkline rows={row.recent} /> : '–' },
        { label: 'Running', value: row?.running.toLocaleString('en') ?? '–' },
        { label: 'Failed', value: row ? `${Math.round(row.failures * 100)} %` : '–' },
        { label: 'Median', value: row?.p50 === undefined ? '–' : formatDuration(row.p50) },
        { label: '95th percentile', value: row?.p95 === undefined ? '–' : formatDuration(row.p95) },
      ]}
    />
  );
}

function Description({ arn, comment }: { arn: string; comment?: string }) {
  return (
    <>
      {comment && <div>{comment}</div>}
      <Arn arn={arn} />
    </>
  );
}

type Asked = 'start' | 'delete';

function Actions({ machine, onAsk }: { machine: Machine; onAsk: (what: Asked) => void }) {
  const go = useGo();
  const operator = useMay('operator');
  const editor = useMay('editor');
  const arn = machine.stateMachineArn;
  const more = (id: string) => {
    if (id === 'delete') onAsk('delete');
    if (id === 'json') download(`${machine.name}.asl.json`, machine.definition);
    if (id === 'svg') window.open(`/api/machine/graph.svg?arn=${encodeURIComponent(arn)}`, '_blank', 'noopener');
    if (id === 'copy') go(`/machines/new?${new URLSearchParams({ from: arn })}`);
  };
  return (
    <SpaceBetween direction="horizontal" size="xs">
      <ButtonDropdown
        ariaLabel="More actions"
        items={[
          { id: 'copy', text: 'Copy to a new one', disabled: !editor },
          { id: 'export', text: 'Export', items: [{ id: 'json', text: 'Definition (JSON)' }, { id: 'svg', text: 'Picture (SVG)' }] },
          { id: 'delete', text: 'Delete…', disabled: !editor },
        ]}
        onItemClick={({ detail }) => more(detail.id)}
      >
        More
      </ButtonDropdown>
      {editor && <Button onClick={() => go(paths.edit(arn))}>Edit</Button>}
      {operator && (
        <Button variant="primary" onClick={() => onAsk('start')}>
          Start execution
        </Button>
      )}
    </SpaceBetween>
  );
}

function Views({ machine, onStart }: { machine: Machine; onStart: () => void }) {
  const [view, setView] = useView();
  const tab = (id: string, label: string, content: ReactNode) => ({ id, label, content: view.tab === id || (!view.tab && id === 'executions') ? content : null });
  return (
    <Tabs
      ariaLabel="Of the state machine"
      activeTabId={view.tab ?? 'executions'}
      onChange={({ detail }) => setView({ tab: detail.activeTabId === 'executions' ? undefined : detail.activeTabId }, { push: true })}
      tabs={[
        tab(
          'executions',
          'Executions',
          <ExecutionList within={`machine:${quotedIfNeeded(machine.name)}`} without={['machine']} action={<Button onClick={onStart}>Start the first one</Button>} />,
        ),
        tab('grid', 'Grid', <GridTab arn={machine.stateMachineArn} onStart={onStart} />),
        tab(
          'definition',
          'Definition',
          <Suspense fallback={<Spinner />}>
            <DefinitionTab machine={machine} />
          </Suspense>,
        ),
        tab('versions', 'Versions', <VersionsTab machine={machine} />),
        tab('aliases', 'Aliases', <AliasesTab machine={machine} />),
        tab('settings', 'Settings', <SettingsTab key={machine.revisionId} machine={machine} />),
      ]}
    />
  );
}

export default function MachinePage() {
  const arn = useParam('arn');
  const go = useGo();
  const { data, error, refetch } = useQuery(machineQuery(arn));
  const row = useRow(arn);
  const [asked, setAsked] = useState<Asked>();
  useKeys([
    { keys: 'e', text: 'Edit the state machine', act: () => go(paths.edit(arn)) },
    { keys: 's', text: 'Start an execution', act: () => setAsked('start') },
    { keys: '.', text: 'Copy the ARN', act: () => void navigator.clipboard?.writeText(arn) },
  ]);
  if (error && !data) return <ErrorAlert error={error} retry={() => void refetch()} />;
  if (!data) return <Spinner size="large" />;
  return (
    <SpaceBetween size="m">
      <PageHead title={data.name} path={[['State machines', '/machines']]} actions={<Actions machine={data} onAsk={setAsked} />} description={<Description arn={arn} comment={row?.comment} />} />
      {data.status === 'DELETING' && <Alert type="warning">It is being deleted: when its last execution has ended it is gone.</Alert>}
      <Facts machine={data} row={row} />
      <Views machine={data} onStart={() => setAsked('start')} />
      {asked === 'start' && <StartDialog machine={data.stateMachineArn} onClose={() => setAsked(undefined)} />}
      {asked === 'delete' && <MachineDelete machines={[data.stateMachineArn]} onClose={() => setAsked(undefined)} onDone={() => go('/machines')} />}
    </SpaceBetween>
  );
}
