import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { lazy, Suspense } from 'react';
import type { Execution } from '../../api/model';
import { pretty } from '../../parts/json';
import { useStages } from '../execution/useStages';
import type { Row } from './align';

const Diff = lazy(() => import('../../editor/Diff'));

function Pair({ label, a, b }: { label: string; a: string | null | undefined; b: string | null | undefined }) {
  const [x, y] = [pretty(a ?? ''), pretty(b ?? '')];
  return (
    <div>
      <Box variant="awsui-key-label">{label}</Box>
      {x === y ? (
        <Box color="text-body-secondary">{x === '' ? 'There is none, or it is hidden.' : 'The same in both.'}</Box>
      ) : (
        <Suspense fallback={<Spinner />}>
          <Diff a={x} b={y} label={label} height="420px" />
        </Suspense>
      )}
    </div>
  );
}

// Payloads shows the data of a state in both runs.
export function Payloads({ a, b, row }: { a: string; b: string; row: Row }) {
  const [one, two] = [useStages(a, row.a), useStages(b, row.b)];
  const loading = (row.a && one.isLoading) || (row.b && two.isLoading);
  return (
    <Container header={<Header variant="h2">{`Data of ${(row.a ?? row.b)!.name}`}</Header>}>
      {loading ? (
        <Spinner />
      ) : (
        <SpaceBetween size="m">
          <Pair label="Input: A, B" a={one.data?.input} b={two.data?.input} />
          <Pair label="Output: A, B" a={one.data?.output} b={two.data?.output} />
        </SpaceBetween>
      )}
    </Container>
  );
}

// WholePayloads shows the data of the executions themselves.
export function WholePayloads({ a, b }: { a: Execution; b: Execution }) {
  return (
    <Container header={<Header variant="h2">Data of the executions</Header>}>
      <SpaceBetween size="m">
        <Pair label="Input: A, B" a={a.input} b={b.input} />
        <Pair label="Output: A, B" a={a.output} b={b.output} />
      </SpaceBetween>
    </Container>
  );
}
