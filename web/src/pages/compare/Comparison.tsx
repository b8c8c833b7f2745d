import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Checkbox from '@cloudscape-design/components/checkbox';
import ColumnLayout from '@cloudscape-design/components/column-layout';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { useMemo } from 'react';
import { useView } from '../../app/navigation';
import { ErrorAlert } from '../../parts/ErrorAlert';
import { useExecution } from '../execution/useExecution';
import { aligned, type Difference, differenceOf, type Row } from './align';
import { Payloads, WholePayloads } from './Payloads';
import { RunCard } from './RunCard';
import { RunTable } from './RunTable';
import { useTexts } from './useTexts';

const words: Record<Difference, (name: string) => string> = {
  missing: (name) => `${name} was entered in only one of them`,
  input: (name) => `the input of ${name}`,
  status: (name) => `how ${name} ended`,
  error: (name) => `the error of ${name}`,
  output: (name) => `the output of ${name}`,
};

// Comparison shows two executions: which states each went through, where they part, and the data there.
export function Comparison({ a, b }: { a: string; b: string }) {
  const [view, setView] = useView();
  const [one, two] = [useExecution(a), useExecution(b)];
  const [textsA, textsB] = [useTexts(a, one.loaded.history, !!one.execution.data?.stop), useTexts(b, two.loaded.history, !!two.execution.data?.stop)];
  const rows = useMemo(() => aligned(one.loaded.history, two.loaded.history), [one.loaded, two.loaded]);
  const differences = useMemo(() => new Map(rows.map((r) => [r.key, differenceOf(r, textsA, textsB)])), [rows, textsA, textsB]);
  const error = one.execution.error ?? two.execution.error;
  if (error) return <ErrorAlert error={error} />;
  if (!one.execution.data || !two.execution.data) return <Spinner size="large" />;
  const first = rows.find((r) => differences.get(r.key) !== undefined);
  const shown = view.all === '0' ? rows.filter((r) => differences.get(r.key)) : rows;
  const selected = rows.find((r) => r.key === view.row);
  const select = (row: Row | undefined) => setView({ row: row?.key });
  return (
    <SpaceBetween size="m">
      <ColumnLayout columns={2}>
        <RunCard letter="A" execution={one.execution.data} />
        <RunCard letter="B" execution={two.execution.data} />
      </ColumnLayout>
      {first ? (
        <Alert type="info" action={<Button onClick={() => select(first)}>Show it</Button>}>
          The first difference: {words[differences.get(first.key)!]((first.a ?? first.b)!.name)}.
        </Alert>
      ) : (
        <Alert type="success">Both went the same way, and no difference in their data is known.</Alert>
      )}
      <Container
        header={
          <Header variant="h2" counter={`(${rows.length.toLocaleString('en')})`} actions={<Checkbox checked={view.all === '0'} onChange={({ detail }) => setView({ all: detail.checked ? '0' : undefined })}>Only differences</Checkbox>}>
            States
          </Header>
        }
      >
        <RunTable rows={shown} differences={differences} first={first} selected={selected} onSelect={select} />
      </Container>
      {selected ? <Payloads a={a} b={b} row={selected} /> : <WholePayloads a={one.execution.data} b={two.execution.data} />}
    </SpaceBetween>
  );
}
