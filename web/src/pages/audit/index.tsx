import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import Table from '@cloudscape-design/components/table';
import { useInfiniteQuery } from '@tanstack/react-query';
import { get } from '../../api/client';
import type { Audit } from '../../api/model';
import { useGo } from '../../app/navigation';
import { Empty } from '../../parts/Empty';
import { ErrorAlert } from '../../parts/ErrorAlert';
import { PageHead } from '../../parts/PageHead';
import { PageLink } from '../../parts/PageLink';
import { Time } from '../../parts/Time';

const size = 100;

export default function AuditPage() {
  const go = useGo();
  const { data, error, isPending, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = useInfiniteQuery({
    queryKey: ['audit'],
    initialPageParam: 0,
    queryFn: ({ pageParam, signal }) => get<Audit>('audit', { before: pageParam || undefined, n: size }, signal),
    getNextPageParam: (last) => (last.entries.length < size ? undefined : last.entries.at(-1)?.id),
  });
  const failing = data?.pages[0]?.failing;
  return (
    <SpaceBetween size="m">
      {error && <ErrorAlert error={error} retry={() => void refetch()} />}
      {failing && <Alert type="error" header="The log could not be written">{failing}</Alert>}
      <Table
        variant="full-page"
        header={
          <PageHead
            title="Audit log"
            description="Every write through this console, carried out or refused"
            actions={<Button iconName="refresh" ariaLabel="Read it again" onClick={() => void refetch()} />}
          />
        }
        items={data?.pages.flatMap((p) => p.entries) ?? []}
        trackBy={(e) => String(e.id)}
        loading={isPending}
        loadingText="Reading the log"
        resizableColumns
        enableKeyboardNavigation
        columnDefinitions={[
          { id: 'at', header: 'Time', minWidth: 120, width: 200, cell: (e) => <Time at={e.at} /> },
          { id: 'user', header: 'Who', minWidth: 80, width: 110, cell: (e) => e.user || '–' },
          { id: 'role', header: 'Role', minWidth: 70, width: 100, cell: (e) => e.role },
          { id: 'operation', header: 'Operation', isRowHeader: true, minWidth: 120, width: 210, cell: (e) => e.operation },
          {
            id: 'resource',
            header: 'Resource',
            minWidth: 120,
            width: 215,
            cell: (e) => (e.resource?.startsWith('arn:') ? <PageLink to={`/arn/${encodeURIComponent(e.resource)}`}><span title={e.resource}>{e.resource.split(':').slice(5).join(':')}</span></PageLink> : (e.resource ?? '')),
          },
          { id: 'outcome', header: 'Outcome', minWidth: 100, width: 170, cell: (e) => <StatusIndicator type={e.outcome === 'ok' ? 'success' : 'error'}>{e.outcome === 'ok' ? 'Done' : e.outcome}</StatusIndicator> },
          { id: 'address', header: 'From', minWidth: 100, cell: (e) => e.address },
        ]}
        empty={<Empty title="Nothing was changed yet" action={<Button onClick={() => go('/')}>To the overview</Button>} />}
        footer={
          hasNextPage && (
            <Button loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              Show more
            </Button>
          )
        }
        ariaLabels={{ tableLabel: 'Audit log' }}
      />
    </SpaceBetween>
  );
}
