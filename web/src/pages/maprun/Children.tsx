import Button from '@cloudscape-design/components/button';
import Header from '@cloudscape-design/components/header';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ExecutionListItem, ListExecutionsInput, MapRunExecutionCounts } from '../../api/aws';
import { aws } from '../../api/client';
import { paths, useView } from '../../app/navigation';
import { Empty } from '../../parts/Empty';
import { ErrorAlert } from '../../parts/ErrorAlert';
import { PageLink } from '../../parts/PageLink';
import { Status, statusWord } from '../../parts/Status';
import { Duration, Time } from '../../parts/Time';

const pageSize = 50;

const ms = (seconds: number | undefined) => (seconds === undefined ? undefined : seconds * 1000);

const columns: TableProps.ColumnDefinition<ExecutionListItem>[] = [
  { id: 'name', header: 'Name', isRowHeader: true, minWidth: 180, width: 320, cell: (x) => <PageLink to={paths.execution(x.executionArn)}>{x.name}</PageLink> },
  { id: 'status', header: 'Status', minWidth: 110, width: 130, cell: (x) => <Status status={x.status} /> },
  { id: 'items', header: 'Items', minWidth: 70, width: 90, cell: (x) => x.itemCount || '' },
  { id: 'start', header: 'Started', minWidth: 120, width: 220, cell: (x) => <Time at={x.startDate * 1000} /> },
  { id: 'duration', header: 'Duration', minWidth: 90, width: 120, cell: (x) => <Duration from={x.startDate * 1000} to={ms(x.stopDate)} /> },
  { id: 'redrives', header: 'Redrives', minWidth: 110, cell: (x) => x.redriveCount || '' },
];

const statuses = ['RUNNING', 'FAILED', 'TIMED_OUT', 'ABORTED', 'SUCCEEDED', 'PENDING_REDRIVE'] as const;
const all = { value: '', label: 'All statuses' };
const options = [all, ...statuses.map((value) => ({ value, label: statusWord(value) }))];

interface Props {
  arn: string;
  counts: MapRunExecutionCounts;
  running: boolean;
}

// Children lists the executions of a Map Run, a page at a time.
export function Children({ arn, counts, running }: Props) {
  const [view, setView] = useView();
  const status = (view.status ?? '') as NonNullable<ListExecutionsInput['statusFilter']> | '';
  const [tokens, setTokens] = useState<string[]>([]); // of the pages up to the one that is shown
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['maprun children', arn, status, tokens.at(-1)],
    queryFn: () => aws('ListExecutions', { mapRunArn: arn, statusFilter: status || undefined, maxResults: pageSize, nextToken: tokens.at(-1) }),
    refetchInterval: running ? 3_000 : false,
    placeholderData: keepPreviousData,
  });
  if (error) return <ErrorAlert error={error} retry={() => void refetch()} header="The children could not be listed" />;
  return (
    <Table
      columnDefinitions={columns}
      items={data?.executions ?? []}
      trackBy="executionArn"
      loading={isPending}
      loadingText="Reading the children"
      empty={<Empty title="No child execution" />}
      resizableColumns
      enableKeyboardNavigation
      ariaLabels={{ tableLabel: 'Child executions' }}
      header={<Header counter={`(${counts.total.toLocaleString('en')})`}>Child executions</Header>}
      filter={
        <div className="children-filter">
        <Select
          options={options}
          selectedOption={options.find((o) => o.value === status) ?? all}
          ariaLabel="Status"
          onChange={({ detail }) => {
            setTokens([]);
            setView({ status: detail.selectedOption.value || undefined });
          }}
        />
        </div>
      }
      pagination={
        <SpaceBetween direction="horizontal" size="xxs" alignItems="center">
          <Button variant="icon" iconName="angle-left" ariaLabel="Page before" disabled={tokens.length === 0} onClick={() => setTokens(tokens.slice(0, -1))} />
          <span>{tokens.length + 1}</span>
          <Button variant="icon" iconName="angle-right" ariaLabel="Next page" disabled={!data?.nextToken} onClick={() => setTokens([...tokens, data!.nextToken!])} />
        </SpaceBetween>
      }
    />
  );
}
