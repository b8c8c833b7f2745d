import Button from '@cloudscape-design/components/button';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import { useInfiniteQuery } from '@tanstack/react-query';
import { get } from '../../api/client';
import type { Resource, Resources } from '../../api/model';
import { Empty } from '../../parts/Empty';
import { ErrorAlert } from '../../parts/ErrorAlert';
import { PageHead } from '../../parts/PageHead';
import { PageLink } from '../../parts/PageLink';
import { Time } from '../../parts/Time';

interface Props {
  service: string;
  title: string;
  kind: string;
  path: [string, string][];
}

// columnsOf has a column for each fact that some resource has.
function columnsOf(service: string, rows: Resource[]): TableProps.ColumnDefinition<Resource>[] {
  const facts = [...new Set(rows.flatMap((r) => Object.keys(r.facts)))];
  const dated = rows.some((r) => r.created);
  return [
    { id: 'name', header: 'Name', isRowHeader: true, minWidth: 200, cell: (r) => <PageLink to={`/services/${service}?${new URLSearchParams({ id: r.id })}`}>{r.name}</PageLink> },
    ...facts.map((fact) => ({ id: fact, header: fact[0]!.toUpperCase() + fact.slice(1), minWidth: 120, cell: (r: Resource) => r.facts[fact] ?? '' })),
    ...(dated ? [{ id: 'created', header: 'Created', minWidth: 190, cell: (r: Resource) => (r.created ? <Time at={r.created} /> : '') }] : []),
  ];
}

// ResourcesView lists the tables, queues and so on of a service.
export function ResourcesView({ service, title, kind, path }: Props) {
  const { data, error, refetch, isPending, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['resources', service],
    queryFn: ({ pageParam, signal }) => get<Resources>('services/resources', { service, after: pageParam }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
  });
  const rows = data?.pages.flatMap((p) => p.resources) ?? [];
  return (
    <SpaceBetween size="m">
      <PageHead title={title} path={path} actions={<Button iconName="refresh" ariaLabel="Read again" onClick={() => void refetch()} />} />
      {error && <ErrorAlert error={error} retry={() => void refetch()} />}
      <Table
        items={rows}
        trackBy="id"
        columnDefinitions={columnsOf(service, rows)}
        loading={isPending}
        loadingText="Reading"
        resizableColumns
        header={<Header counter={`(${rows.length}${hasNextPage ? '+' : ''})`}>{`${kind[0]?.toUpperCase() ?? ''}${kind.slice(1).replace(/y$/, 'ie')}s`}</Header>}
        footer={
          hasNextPage && (
            <Button loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              More
            </Button>
          )
        }
        empty={<Empty title={`No ${kind} yet`}>What a workflow or a client of AWS makes is here.</Empty>}
        ariaLabels={{ tableLabel: title }}
      />
    </SpaceBetween>
  );
}
