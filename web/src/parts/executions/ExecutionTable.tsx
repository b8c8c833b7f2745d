import Table, { type TableProps } from '@cloudscape-design/components/table';
import type { ReactNode } from 'react';
import type { ExecutionRow } from '../../api/model';
import { paths } from '../../app/navigation';
import { qualifierOf } from '../arn';
import { PageLink } from '../PageLink';
import { Status } from '../Status';
import { Duration, Time } from '../Time';

type Column = TableProps.ColumnDefinition<ExecutionRow>;

const columns: Record<string, Column> = {
  name: { id: 'name', header: 'Name', isRowHeader: true, width: 190, cell: (x) => <PageLink to={paths.execution(x.arn)}>{x.name}</PageLink> },
  status: { id: 'status', header: 'Status', width: 142, cell: (x) => <Status status={x.status} /> },
  machine: { id: 'machine', header: 'State machine', width: 155, cell: (x) => <PageLink to={paths.machine(x.machine)}>{x.machineName}</PageLink> },
  start: { id: 'start', header: 'Started', width: 205, cell: (x) => <Time at={x.start} /> },
  duration: { id: 'duration', header: 'Duration', width: 110, cell: (x) => <Duration from={x.start} to={x.stop} /> },
  error: { id: 'error', header: 'Error', width: 145, cell: (x) => x.error ?? '' },
  version: { id: 'version', header: 'Version', width: 95, cell: (x) => qualifierOf(x.alias ?? x.version ?? '') },
};

interface Props {
  rows: ExecutionRow[];
  without?: (keyof typeof columns)[];
  loading?: boolean;
  empty?: ReactNode;
  header?: ReactNode;
  filter?: ReactNode;
  footer?: ReactNode;
  variant?: TableProps['variant'];
  selected?: ExecutionRow[];
  onSelect?: (rows: ExecutionRow[]) => void;
}

// ExecutionTable lists executions; every list of them is one.
export function ExecutionTable({ rows, without = [], loading, empty, header, filter, footer, variant, selected, onSelect }: Props) {
  return (
    <Table
      columnDefinitions={Object.entries(columns)
        .filter(([id]) => !without.includes(id))
        .map(([id, column]) => (id === 'name' && without.includes('machine') ? { ...column, width: 330 } : column))}
      items={rows}
      trackBy="arn"
      loading={loading}
      loadingText="Reading the executions"
      empty={empty}
      header={header}
      filter={filter}
      footer={footer}
      variant={variant}
      wrapLines={false}
      stickyHeader={variant === 'full-page'}
      resizableColumns
      enableKeyboardNavigation
      selectionType={onSelect && 'multi'}
      selectedItems={selected}
      onSelectionChange={onSelect && (({ detail }) => onSelect(detail.selectedItems))}
      ariaLabels={{
        tableLabel: 'Executions',
        selectionGroupLabel: 'Choose executions',
        allItemsSelectionLabel: () => 'all',
        itemSelectionLabel: (_, x) => x.name,
      }}
    />
  );
}
