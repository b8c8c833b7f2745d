import ColumnLayout from '@cloudscape-design/components/column-layout';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import Table from '@cloudscape-design/components/table';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useMemo } from 'react';
import { get } from '../../api/client';
import type { DiffSide, DiffState, MachineDiff } from '../../api/model';
import { paths, useParam, useView } from '../../app/navigation';
import { Graph } from '../../graph/Graph';
import { arnName, machineName, qualifierOf } from '../../parts/arn';
import { Empty } from '../../parts/Empty';
import { ErrorAlert } from '../../parts/ErrorAlert';
import { pretty } from '../../parts/json';
import { PageHead } from '../../parts/PageHead';

const Diff = lazy(() => import('../../editor/Diff'));

type Mark = 'added' | 'removed' | 'changed';

// titleOf says which definition one of the two is.
function titleOf(side: DiffSide): string {
  if (side.arn.includes(':execution:')) return `As ${arnName(side.arn)} runs it`;
  const qualifier = qualifierOf(side.arn);
  return qualifier ? `Version or alias ${qualifier}` : 'At present';
}

function marksOf(states: DiffState[], gone: Mark): Map<string, Mark> {
  return new Map(states.filter((s) => s.kind === 'changed' || s.kind === gone).map((s) => [s.name, s.kind as Mark]));
}

function Side({ side, states, gone }: { side: DiffSide; states: DiffState[]; gone: Mark }) {
  const marks = useMemo(() => marksOf(states, gone), [states, gone]);
  return (
    <Container header={<Header variant="h2">{titleOf(side)}</Header>}>
      <div style={{ height: 460 }}>
        <Graph definition={side.definition} label={`Graph: ${titleOf(side)}`} marks={marks} />
      </div>
    </Container>
  );
}

// The page of what two definitions differ in: their graphs with what was added, removed and changed, a list, and both texts.
export default function DiffPage() {
  const arn = useParam('arn');
  const [view] = useView();
  const [a, b] = [view.a ?? '', view.b ?? arn];
  const { data, error, refetch } = useQuery({ queryKey: ['diff', a, b], queryFn: ({ signal }) => get<MachineDiff>('machine/diff', { a, b }, signal), enabled: a !== '' });
  if (error) return <ErrorAlert error={error} retry={() => void refetch()} />;
  if (!data) return <Spinner size="large" />;
  return (
    <SpaceBetween size="m">
      <PageHead
        title="What differs"
        path={[
          ['State machines', '/machines'],
          [machineName(arn), paths.machine(arn)],
        ]}
        description={`${titleOf(data.a)} and ${titleOf(data.b).toLowerCase()}`}
      />
      <ColumnLayout columns={2}>
        <Side side={data.a} states={data.states} gone="removed" />
        <Side side={data.b} states={data.states} gone="added" />
      </ColumnLayout>
      <Table
        items={data.states}
        trackBy="id"
        header={
          <Header variant="h2" counter={`(${data.states.length})`} description={data.fields.length > 0 ? `Of the workflow itself: ${data.fields.join(', ')}` : undefined}>
            States
          </Header>
        }
        columnDefinitions={[
          { id: 'name', header: 'State', isRowHeader: true, cell: (s) => s.name },
          { id: 'kind', header: 'What', cell: (s) => s.kind },
          { id: 'fields', header: 'Fields', cell: (s) => s.fields?.join(', ') ?? '' },
        ]}
        empty={<Empty title="The states are the same" />}
        ariaLabels={{ tableLabel: 'States that differ' }}
      />
      <Container header={<Header variant="h2">Text</Header>}>
        <Suspense fallback={<Spinner />}>
          <Diff a={pretty(data.a.definition)} b={pretty(data.b.definition)} label="Difference of the definitions" height="560px" />
        </Suspense>
      </Container>
    </SpaceBetween>
  );
}
