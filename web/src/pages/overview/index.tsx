import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import ColumnLayout from '@cloudscape-design/components/column-layout';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { get } from '../../api/client';
import type { Minute, Overview } from '../../api/model';
import { useTopic } from '../../api/stream';
import { paths, useGo } from '../../app/navigation';
import { Throughput } from '../../parts/Chart';
import { Empty } from '../../parts/Empty';
import { ErrorAlert } from '../../parts/ErrorAlert';
import { ExecutionTable } from '../../parts/executions/ExecutionTable';
import { merged } from '../../parts/executions/live';
import { PageHead } from '../../parts/PageHead';
import { PageLink } from '../../parts/PageLink';
import { Status } from '../../parts/Status';
import { Snippet } from './Snippet';

const shown = ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'];
const key = ['overview'];

// withMinute replaces the last minute, or goes on to the next one.
function withMinute(minutes: Minute[], minute: Minute): Minute[] {
  const kept = minutes.filter((m) => m.at < minute.at);
  return [...kept, minute].slice(-60);
}

function useOverview() {
  const client = useQueryClient();
  const query = useQuery({ queryKey: key, queryFn: ({ signal }) => get<Overview>('overview', {}, signal), refetchInterval: 30_000 });
  const change = (f: (old: Overview) => Overview) => client.setQueryData<Overview>(key, (old) => old && f(old));
  useTopic('overview', (news) => change((old) => ({ ...old, statuses: news.statuses, minutes: withMinute(old.minutes, news.minute) })));
  useTopic('list', (news) =>
    change((old) => ({
      ...old,
      running: merged(old.running, news.executions, (x) => x.status === 'RUNNING').filter((x) => x.status === 'RUNNING').slice(0, 10),
      failures: merged(old.failures, news.executions, (x) => ['FAILED', 'TIMED_OUT', 'ABORTED'].includes(x.status)).slice(0, 10),
    })),
  );
  return query;
}

function Counts({ statuses }: { statuses: Record<string, number> }) {
  return (
    <ColumnLayout columns={5} variant="text-grid" minColumnWidth={110}>
      {shown.map((status) => (
        <div key={status}>
          <Status status={status} />
          <Box fontSize="display-l" fontWeight="bold">
            <PageLink to={paths.executions(`status:${status}`)} fontSize="inherit" ariaLabel={`${statuses[status] ?? 0} ${status}`}>
              {(statuses[status] ?? 0).toLocaleString('en')}
            </PageLink>
          </Box>
        </div>
      ))}
    </ColumnLayout>
  );
}

function Welcome() {
  const go = useGo();
  return (
    <SpaceBetween size="l">
      <Container>
        <Empty
          title="No state machine yet"
          action={
            <SpaceBetween direction="horizontal" size="xs">
              <Button variant="primary" onClick={() => go('/samples')}>
                Run a sample
              </Button>
              <Button onClick={() => go('/studio')}>Draw a workflow</Button>
              <Button onClick={() => go('/machines/new')}>Paste a definition</Button>
            </SpaceBetween>
          }
        >
          A sample is a workflow with all that it needs; one click creates it and starts an execution.
        </Empty>
      </Container>
      <Snippet />
    </SpaceBetween>
  );
}

export default function OverviewPage() {
  const { data, error, refetch } = useOverview();
  const go = useGo();
  if (error && !data) return <ErrorAlert error={error} retry={() => void refetch()} />;
  if (!data) return <Spinner size="large" />;
  const nothing = data.machines === 0 && shown.every((status) => !data.statuses[status]);
  return (
    <SpaceBetween size="l">
      <PageHead
        title="Overview"
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button onClick={() => go('/samples')}>Samples</Button>
            <Button variant="primary" onClick={() => go('/studio')}>
              New state machine
            </Button>
          </SpaceBetween>
        }
      />
      {nothing ? (
        <Welcome />
      ) : (
        <SpaceBetween size="l">
          <Container header={<Header variant="h2" description="Ended in the last 24 hours, and running now">Executions</Header>}>
            <Counts statuses={data.statuses} />
          </Container>
          <Container header={<Header variant="h2">The last hour</Header>}>
            <Throughput minutes={data.minutes} />
          </Container>
          <ExecutionTable
            rows={data.running}
            without={['error', 'version']}
            header={<Header variant="h2">Running</Header>}
            empty={<Empty title="Nothing runs" />}
          />
          <ExecutionTable
            rows={data.failures}
            without={['version']}
            header={
              <Header variant="h2" actions={<Button onClick={() => go(paths.executions('status:FAILED,TIMED_OUT,ABORTED'))}>All</Button>}>
                Last failures
              </Header>
            }
            empty={<Empty title="No failures">None of the last executions failed, timed out or was aborted.</Empty>}
          />
        </SpaceBetween>
      )}
    </SpaceBetween>
  );
}
