import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { aws, get } from '../../api/client';
import type { Activities, ActivityRow } from '../../api/model';
import { queryClient } from '../../app/queries';
import { useMay } from '../../app/session';
import { Arn } from '../../parts/Arn';
import { Confirm } from '../../parts/Confirm';
import { Empty } from '../../parts/Empty';
import { ErrorAlert } from '../../parts/ErrorAlert';
import { PageHead } from '../../parts/PageHead';
import { PageLink } from '../../parts/PageLink';
import { Time } from '../../parts/Time';

const refresh = () => queryClient.invalidateQueries({ queryKey: ['activities'] });

function CreateDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('');
  return (
    <Confirm title="Create an activity" action="Create" disabled={name === ''} onClose={onClose} onConfirm={() => aws('CreateActivity', { name }).then(refresh)}>
      <FormField label="Name">
        <Input value={name} onChange={({ detail }) => setName(detail.value)} />
      </FormField>
    </Confirm>
  );
}

function DeleteDialog({ activity, onClose }: { activity: ActivityRow; onClose: () => void }) {
  return (
    <Confirm title={`Delete ${activity.name}?`} action="Delete" onClose={onClose} onConfirm={() => aws('DeleteActivity', { activityArn: activity.arn }).then(refresh)}>
      Workers can no longer ask for its tasks; those that wait stay until they time out.
    </Confirm>
  );
}

// The page of activities: how many tasks wait for workers, and how many workers ask.
export default function ActivitiesPage() {
  const { data, error, refetch, isPending } = useQuery({
    queryKey: ['activities'],
    queryFn: ({ signal }) => get<Activities>('activities', {}, signal),
    refetchInterval: 3_000,
  });
  const [chosen, setChosen] = useState<ActivityRow[]>([]);
  const [dialog, setDialog] = useState<'create' | 'delete'>();
  const editor = useMay('editor');
  const actions = editor && (
    <SpaceBetween direction="horizontal" size="xs">
      <Button disabled={chosen.length === 0} onClick={() => setDialog('delete')}>
        Delete
      </Button>
      <Button variant="primary" onClick={() => setDialog('create')}>
        Create
      </Button>
    </SpaceBetween>
  );
  return (
    <SpaceBetween size="m">
      <PageHead title="Activities" description="Queues of tasks for workers that run anywhere" actions={actions} />
      {error && <ErrorAlert error={error} retry={() => void refetch()} />}
      <Table
        items={data?.activities ?? []}
        trackBy="arn"
        loading={isPending}
        loadingText="Reading the activities"
        selectionType={editor ? 'single' : undefined}
        selectedItems={chosen}
        onSelectionChange={({ detail }) => setChosen(detail.selectedItems)}
        columnDefinitions={[
          { id: 'name', header: 'Name', isRowHeader: true, cell: (a) => a.name },
          { id: 'waiting', header: 'Waiting', cell: (a) => <PageLink to={`/tasks?filter=${encodeURIComponent(a.name)}`}>{String(a.waiting)}</PageLink> },
          { id: 'running', header: 'With workers', cell: (a) => a.running },
          { id: 'workers', header: 'Workers that ask', cell: (a) => a.workers },
          { id: 'created', header: 'Created', cell: (a) => <Time at={a.created} /> },
          { id: 'arn', header: 'ARN', cell: (a) => <Arn arn={a.arn} /> },
        ]}
        header={<Header counter={data && `(${data.activities.length})`}>Activities</Header>}
        empty={<Empty title="No activities">A Task whose Resource is an activity waits until a worker asks for it with GetActivityTask.</Empty>}
        ariaLabels={{ tableLabel: 'Activities', selectionGroupLabel: 'Choose', itemSelectionLabel: (_, a) => a.name }}
      />
      {dialog === 'create' && <CreateDialog onClose={() => setDialog(undefined)} />}
      {dialog === 'delete' && chosen[0] && (
        <DeleteDialog
          activity={chosen[0]}
          onClose={() => {
            setDialog(undefined);
            setChosen([]);
          }}
        />
      )}
    </SpaceBetween>
  );
}
