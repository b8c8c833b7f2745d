import { useCollection } from '@cloudscape-design/collection-hooks';
import Button from '@cloudscape-design/components/button';
import Pagination from '@cloudscape-design/components/pagination';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import TextFilter from '@cloudscape-design/components/text-filter';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { get } from '../../api/client';
import type { MachineRow, Machines } from '../../api/model';
import { useTopic } from '../../api/stream';
import { paths, useGo, useView } from '../../app/navigation';
import { queryClient } from '../../app/queries';
import { useMay } from '../../app/session';
import { Empty } from '../../parts/Empty';
import { ErrorAlert } from '../../parts/ErrorAlert';
import { MachineDelete } from '../../parts/MachineDelete';
import { PageHead } from '../../parts/PageHead';
import { PageLink } from '../../parts/PageLink';
import { Sparkline } from '../../parts/Sparkline';
import { formatDuration } from '../../parts/time';
import { Time } from '../../parts/Time';

const columns: TableProps.ColumnDefinition<MachineRow>[] = [
  { id: 'name', header: 'Name', isRowHeader: true, sortingField: 'name', width: 190, cell: (m) => <PageLink to={paths.machine(m.arn)}>{m.name}</PageLink> },
  { id: 'recent', header: 'Last executions', width: 150, cell: (m) => <Sparkline rows={m.recent} /> },
  { id: 'running', header: 'Running', sortingField: 'running', width: 125, cell: (m) => m.running },
  { id: 'failures', header: 'Failed', sortingField: 'failures', width: 112, cell: (m) => `${Math.round(m.failures * 100)} %` },
  { id: 'p50', header: 'Median', sortingField: 'p50', width: 112, cell: (m) => (m.p50 === undefined ? '–' : formatDuration(m.p50)) },
  { id: 'p95', header: 'p95', sortingField: 'p95', width: 100, cell: (m) => (m.p95 === undefined ? '–' : formatDuration(m.p95)) },
  { id: 'updated', header: 'Updated', sortingField: 'updated', width: 200, cell: (m) => <Time at={m.updated} /> },
  { id: 'type', header: 'Type', sortingField: 'type', width: 110, cell: (m) => (m.type === 'EXPRESS' ? 'Express' : 'Standard') },
  { id: 'states', header: 'States', sortingField: 'states', width: 95, cell: (m) => m.states },
];

function matches(m: MachineRow, text: string): boolean {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const all = [m.name, m.type, m.comment ?? '', ...Object.entries(m.tags ?? {}).map(([k, v]) => `${k}=${v}`)].join(' ').toLowerCase();
  return words.every((word) => all.includes(word));
}

// The least time between two readings of the list that news have caused, in milliseconds.
const pause = 1_500;

function useMachines() {
  const waiting = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(waiting.current), []);
  useTopic('list', () => {
    waiting.current ??= setTimeout(() => {
      waiting.current = undefined;
      void queryClient.invalidateQueries({ queryKey: ['machines'] });
    }, pause);
  });
  return useQuery({ queryKey: ['machines'], queryFn: ({ signal }) => get<Machines>('machines', {}, signal), refetchInterval: 15_000 });
}

export default function MachinesPage() {
  const { data, error, refetch, isPending } = useMachines();
  const [view, setView] = useView();
  const [removing, setRemoving] = useState(false);
  const go = useGo();
  const edits = useMay('editor');
  const nothing = (
    <Empty title="No state machines" action={<Button onClick={() => go('/samples')}>Run a sample</Button>}>
      Draw one in the Studio, paste a definition, or create one with any client of AWS.
    </Empty>
  );
  const { items, collectionProps, paginationProps, filteredItemsCount } = useCollection(data?.machines ?? [], {
    filtering: {
      defaultFilteringText: view.filter ?? '',
      filteringFunction: matches,
      empty: nothing,
      noMatch: <Empty title="No state machine matches" action={<Button onClick={() => setView({ filter: undefined })}>Clear the filter</Button>} />,
    },
    pagination: { pageSize: 50 },
    sorting: { defaultState: { sortingColumn: { sortingField: 'name' } } },
    selection: { trackBy: 'arn' },
  });
  const shown = items.filter((m) => matches(m, view.filter ?? ''));
  const chosen = collectionProps.selectedItems ?? [];
  return (
    <SpaceBetween size="m">
      {error && <ErrorAlert error={error} retry={() => void refetch()} />}
      <Table
        {...collectionProps}
        variant="full-page"
        items={view.filter ? shown : items}
        columnDefinitions={columns}
        loading={isPending}
        loadingText="Reading the state machines"
        selectionType={edits ? 'multi' : undefined}
        resizableColumns
        enableKeyboardNavigation
        header={<PageHead
        title="State machines"
        counter={data && `(${data.machines.length})`}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            {edits && (
              <Button disabled={chosen.length === 0} onClick={() => setRemoving(true)}>
                Delete
              </Button>
            )}
            {edits && <Button onClick={() => go('/machines/new')}>Import</Button>}
            {edits && (
              <Button variant="primary" onClick={() => go('/studio')}>
                Create
              </Button>
            )}
          </SpaceBetween>
        }
      />}
        pagination={<Pagination {...paginationProps} />}
        filter={
          <TextFilter
            filteringText={view.filter ?? ''}
            filteringPlaceholder="Name, type, comment or tag"
            filteringAriaLabel="Filter state machines"
            countText={`${view.filter ? shown.length : filteredItemsCount} found`}
            onChange={({ detail }) => setView({ filter: detail.filteringText || undefined })}
          />
        }
        ariaLabels={{ tableLabel: 'State machines', selectionGroupLabel: 'Choose', allItemsSelectionLabel: () => 'all', itemSelectionLabel: (_, m) => m.name }}
      />
      {removing && <MachineDelete machines={chosen.map((m) => m.arn)} onClose={() => setRemoving(false)} />}
    </SpaceBetween>
  );
}
