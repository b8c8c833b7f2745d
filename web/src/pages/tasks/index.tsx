import { useQuery } from '@tanstack/react-query';
import Button from '@cloudscape-design/components/button';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import TextFilter from '@cloudscape-design/components/text-filter';
import { useState } from 'react';
import { get } from '../../api/client';
import type { OpenTask, Tasks } from '../../api/model';
import { paths, useView } from '../../app/navigation';
import { useMay } from '../../app/session';
import { Empty } from '../../parts/Empty';
import { ErrorAlert } from '../../parts/ErrorAlert';
import { PageHead } from '../../parts/PageHead';
import { PageLink } from '../../parts/PageLink';
import { useNow } from '../../parts/ticking';
import { formatAgo } from '../../parts/time';
import { AnswerDialog } from './AnswerDialog';

function Deadline({ at }: { at?: string }) {
  const now = useNow(at !== undefined);
  return at ? <span title={at}>{formatAgo(at, now)}</span> : <>–</>;
}

function columns(mayAnswer: boolean, answer: (task: OpenTask) => void): TableProps.ColumnDefinition<OpenTask>[] {
  return [
    { id: 'state', header: 'State', isRowHeader: true, minWidth: 110, width: 150, cell: (t) => t.state },
    { id: 'execution', header: 'Execution', minWidth: 120, width: 170, cell: (t) => <PageLink to={paths.execution(t.execution)}>{t.name}</PageLink> },
    { id: 'machine', header: 'State machine', minWidth: 120, width: 140, cell: (t) => t.machineName },
    { id: 'kind', header: 'Waits for', minWidth: 90, width: 100, cell: (t) => (t.kind === 'activity' ? (t.worker ? `worker ${t.worker}` : 'worker') : 'token') },
    { id: 'resource', header: 'Resource', minWidth: 120, width: 160, cell: (t) => <span title={t.resource}>{t.resource.replace(/^arn:aws:states:::/, '')}</span> },
    { id: 'since', header: 'Since', minWidth: 90, width: 120, cell: (t) => <Deadline at={t.since} /> },
    { id: 'heartbeat', header: 'Heartbeat', minWidth: 100, width: 120, cell: (t) => <Deadline at={t.heartbeat} /> },
    { id: 'timeout', header: 'Timeout', minWidth: 90, width: 120, cell: (t) => <Deadline at={t.timesOut} /> },
    ...(mayAnswer
      ? [
          {
            id: 'answer',
            header: 'Answer',
            minWidth: 90,
            cell: (t: OpenTask) => (
              <Button variant="inline-link" disabled={!t.token} disabledReason="No worker has the task yet" ariaLabel={`Answer ${t.state} of ${t.name}`} onClick={() => answer(t)}>
                Answer
              </Button>
            ),
          },
        ]
      : []),
  ];
}

// The page of Tasks that wait for somebody outside: for a token to come back, or for a worker of an activity.
export default function TasksPage() {
  const { data, error, refetch, isPending } = useQuery({ queryKey: ['tasks'], queryFn: ({ signal }) => get<Tasks>('tasks', {}, signal), refetchInterval: 3_000 });
  const [view, setView] = useView();
  const [answering, setAnswering] = useState<OpenTask>();
  const mayAnswer = useMay('operator');
  const text = (view.filter ?? '').toLowerCase();
  const rows = (data?.tasks ?? []).filter((t) => `${t.state} ${t.name} ${t.machineName} ${t.resource} ${t.kind}`.toLowerCase().includes(text));
  return (
    <SpaceBetween size="m">
      <PageHead title="Open tasks" description="Tasks that wait for a token to come back, or for a worker of an activity" />
      {error && <ErrorAlert error={error} retry={() => void refetch()} />}
      <Table
        items={rows}
        trackBy={(t) => `${t.execution} ${t.state} ${t.since}`}
        columnDefinitions={columns(mayAnswer, setAnswering)}
        loading={isPending}
        loadingText="Reading the tasks"
        resizableColumns
        stickyColumns={mayAnswer ? { last: 1 } : undefined}
        enableKeyboardNavigation
        header={<Header counter={data && `(${data.tasks.length}${data.more ? '+' : ''})`}>Tasks</Header>}
        filter={
          <TextFilter
            filteringText={view.filter ?? ''}
            filteringPlaceholder="State, execution, state machine, resource"
            filteringAriaLabel="Filter tasks"
            onChange={({ detail }) => setView({ filter: detail.filteringText || undefined })}
          />
        }
        empty={<Empty title="No task waits">A Task with .waitForTaskToken, or of an activity, is here while it waits.</Empty>}
        ariaLabels={{ tableLabel: 'Open tasks' }}
      />
      {answering && <AnswerDialog task={answering} onClose={() => setAnswering(undefined)} />}
    </SpaceBetween>
  );
}
