import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';

// What there is of statuses: of executions, of visits of states, of Map Runs.
const looks: Record<string, [StatusIndicatorProps.Type, string]> = {
  RUNNING: ['in-progress', 'Running'],
  SUCCEEDED: ['success', 'Succeeded'],
  FAILED: ['error', 'Failed'],
  TIMED_OUT: ['error', 'Timed out'],
  ABORTED: ['stopped', 'Aborted'],
  PENDING: ['pending', 'Not entered yet'],
  PENDING_REDRIVE: ['pending', 'Pending redrive'],
  CAUGHT: ['warning', 'Caught'],
  WAITING: ['pending', 'Waiting'],
  RETRYING: ['pending', 'Retrying'],
};

// statusWord is how people read a status.
export function statusWord(status: string): string {
  return looks[status]?.[1] ?? status;
}

// Status shows one as icon, colour and word.
export function Status({ status }: { status: string }) {
  const [type, word] = looks[status] ?? ['info', status];
  return <StatusIndicator type={type}>{word}</StatusIndicator>;
}
