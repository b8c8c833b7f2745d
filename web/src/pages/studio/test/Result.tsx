import Box from '@cloudscape-design/components/box';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { InspectionData, TestStateOutput } from '../../../api/aws';
import { pretty } from '../../../parts/json';
import type { Run } from './useRunUpTo';

const words: Record<string, string> = { SUCCEEDED: 'Succeeded', FAILED: 'Failed', RETRIABLE: 'Would be tried again', CAUGHT_ERROR: 'Caught', RUNNING: 'Running', TIMED_OUT: 'Timed out', ABORTED: 'Stopped' };

export function Value({ label, value, open }: { label: string; value: string; open?: boolean }) {
  return (
    <details open={open}>
      <summary>{label}</summary>
      <pre className="value" tabIndex={0} aria-label={label}>
        {pretty(value)}
      </pre>
    </details>
  );
}

function Status({ status, next }: { status: string; next?: string }) {
  const good = status === 'SUCCEEDED' || status === 'CAUGHT_ERROR';
  return (
    <p className="verdict" role="status">
      <span className={`dot ${good ? 'dot-good' : status === 'RUNNING' ? 'dot-warning' : 'dot-error'}`} aria-hidden="true" /> {words[status] ?? status}
      {next && <span className="faint"> · goes on with {next}</span>}
    </p>
  );
}

// The stages in which data comes along, as TestState calls them.
const stages: [keyof InspectionData, string][] = [
  ['input', 'Input'],
  ['afterInputPath', 'After InputPath'],
  ['afterParameters', 'After Parameters'],
  ['afterArguments', 'Arguments'],
  ['afterItemsPath', 'Items'],
  ['afterItemSelector', 'After ItemSelector'],
  ['afterItemBatcher', 'After ItemBatcher'],
  ['result', 'Result'],
  ['afterResultSelector', 'After ResultSelector'],
  ['afterResultPath', 'After ResultPath'],
  ['variables', 'Variables'],
];

const asText = (v: unknown) => (typeof v === 'string' ? v : JSON.stringify(v));

function rest(data: InspectionData): [string, string][] {
  const known = new Set<string>(stages.map(([k]) => k));
  return Object.entries(data).filter(([k, v]) => !known.has(k) && v !== undefined).map(([k, v]) => [k, asText(v)]);
}

export function TestResult({ result }: { result: TestStateOutput }) {
  const data = result.inspectionData ?? {};
  return (
    <SpaceBetween size="xxs">
      <Status status={result.status ?? ''} next={result.nextState} />
      {result.error && <Box color="text-status-error">{result.error}</Box>}
      {result.cause && <Value label="Cause" value={result.cause} open />}
      {result.output !== undefined && <Value label="Output" value={result.output} open />}
      {stages.map(([k, label]) => data[k] !== undefined && <Value key={k} label={label} value={asText(data[k])} />)}
      {rest(data).map(([k, v]) => (
        <Value key={k} label={k} value={v} />
      ))}
    </SpaceBetween>
  );
}

export function RunResult({ run }: { run: Run }) {
  return (
    <SpaceBetween size="xxs">
      <Status status={run.status} />
      {run.error && <Box color="text-status-error">{run.error}</Box>}
      {run.cause && <Value label="Cause" value={run.cause} open />}
      {run.output !== undefined && <Value label="Output" value={run.output} open />}
    </SpaceBetween>
  );
}
