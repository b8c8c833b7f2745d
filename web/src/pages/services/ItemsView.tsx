import Button from '@cloudscape-design/components/button';
import Header from '@cloudscape-design/components/header';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { get } from '../../api/client';
import type { Items } from '../../api/model';
import { arnName } from '../../parts/arn';
import { Code } from '../../parts/Code';
import { Empty } from '../../parts/Empty';
import { ErrorAlert } from '../../parts/ErrorAlert';
import { pretty } from '../../parts/json';
import { PageHead } from '../../parts/PageHead';

interface Row {
  key: number;
  cells: Record<string, string>;
  detail?: string;
}

// nameOf is the last part of an id: of an ARN, a URL or a name.
function nameOf(id: string): string {
  return arnName(id).split('/').pop() || id;
}

// ItemsView shows what is in a resource: items of a table, messages of a queue, objects of a bucket. Looking changes nothing.
export function ItemsView({ service, id, path }: { service: string; id: string; path: [string, string][] }) {
  const [open, setOpen] = useState<Row>();
  const { data, error, refetch, isPending, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['items', service, id],
    queryFn: ({ pageParam, signal }) => get<Items>('services/items', { service, id, after: pageParam }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
  });
  const rows: Row[] = (data?.pages ?? []).flatMap((p) => p.items.map((cells, i) => ({ cells, detail: p.details?.[i] }))).map((r, key) => ({ ...r, key }));
  const names = [...new Set(data?.pages.flatMap((p) => p.columns) ?? [])];
  const columns: TableProps.ColumnDefinition<Row>[] = names.map((name, i) => ({
    id: name,
    header: name,
    minWidth: 130,
    isRowHeader: i === 0,
    cell: (r) =>
      i === 0 && r.detail ? (
        <Button variant="inline-link" onClick={() => setOpen(r)}>
          {r.cells[name] || '(none)'}
        </Button>
      ) : (
        (r.cells[name] ?? '')
      ),
  }));
  const name = nameOf(id);
  return (
    <SpaceBetween size="m">
      <PageHead title={name} path={path} description={id === name ? undefined : id} actions={<Button iconName="refresh" ariaLabel="Read again" onClick={() => void refetch()} />} />
      {error && <ErrorAlert error={error} retry={() => void refetch()} />}
      <Table
        items={rows}
        trackBy={(r) => String(r.key)}
        columnDefinitions={columns}
        loading={isPending}
        loadingText="Reading"
        resizableColumns
        header={<Header counter={`(${rows.length}${hasNextPage ? '+' : ''})`}>Contents</Header>}
        footer={
          hasNextPage && (
            <Button loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              More
            </Button>
          )
        }
        empty={<Empty title="Nothing is in it" />}
        ariaLabels={{ tableLabel: `Contents of ${name}` }}
      />
      {open && (
        <Modal visible size="large" header={names[0] ? open.cells[names[0]] : name} onDismiss={() => setOpen(undefined)} closeAriaLabel="Close">
          <Code language="json" label="The whole of it" value={pretty(open.detail ?? '')} height="420px" />
        </Modal>
      )}
    </SpaceBetween>
  );
}
