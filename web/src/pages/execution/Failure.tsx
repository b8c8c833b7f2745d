import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { memo } from 'react';
import type { Execution } from '../../api/model';
import { paths } from '../../app/navigation';
import { useMay } from '../../app/session';
import type { History, Visit } from '../../history/fold';
import { pretty } from '../../parts/json';
import { PageLink } from '../../parts/PageLink';
import { statusWord } from '../../parts/Status';
import type { Action } from './Actions';
import { canFork, canRedrive } from './allowed';
import type { Loaded } from './useExecution';

// failedVisit returns the innermost visit that failed last.
export function failedVisit(history: History): Visit | undefined {
  const list = history.visits.filter((v) => v.status === 'FAILED' || v.status === 'TIMED_OUT');
  return list.findLast((v) => v.scopes.length === 0) ?? list.at(-1);
}

const short = 240;

function Cause({ cause }: { cause: string }) {
  const text = pretty(cause);
  if (text.length <= short && !text.includes('\n')) return <div>{text}</div>;
  return (
    <ExpandableSection headerText={cause.slice(0, short) + (cause.length > short ? '…' : '')}>
      <pre className="mono" tabIndex={0} style={{ margin: 0, maxHeight: 300, overflow: 'auto', whiteSpace: 'pre-wrap' }}>
        {text}
      </pre>
    </ExpandableSection>
  );
}

interface Props {
  execution: Execution;
  loaded: Loaded;
  onSelect: (visit: Visit) => void;
  onEvent: (id: number) => void;
  onAction: (action: Action) => void;
}

// Failure opens the page of an execution that did not succeed: what went wrong, where, and what can be done.
export const Failure = memo(function Failure({ execution, loaded, onSelect, onEvent, onAction }: Props) {
  const { history } = loaded;
  const operates = useMay('operator');
  if (['RUNNING', 'SUCCEEDED', 'PENDING_REDRIVE'].includes(execution.status)) return null;
  const visit = failedVisit(history);
  const attempts = visit?.attempts.length ?? 0;
  const where = visit && ` in ${visit.name}${attempts > 1 ? ` after ${attempts} attempts` : ''}`;
  const error = execution.error || visit?.error;
  const event = visit?.attempts.at(-1)?.end ?? (history.ended || undefined);
  const handled = execution.forks?.[0];
  return (
    <Alert
      type={execution.status === 'ABORTED' ? 'warning' : 'error'}
      header={`${statusWord(execution.status)}${where ?? ''}${error ? `: ${error}` : ''}`}
      action={
        <SpaceBetween direction="horizontal" size="xs">
          {operates && canRedrive(execution) && <Button onClick={() => onAction('redrive')}>Redrive</Button>}
          {operates && visit && canFork(execution) && <Button onClick={() => onAction('fork')}>Run again from here</Button>}
        </SpaceBetween>
      }
    >
      <SpaceBetween size="xs">
        {(execution.cause || visit?.cause) && <Cause cause={execution.cause || visit?.cause || ''} />}
        <SpaceBetween direction="horizontal" size="m">
          {visit && (
            <Button variant="inline-link" onClick={() => onSelect(visit)}>
              Show the state
            </Button>
          )}
          {event !== undefined && (
            <Button variant="inline-link" onClick={() => onEvent(event)}>
              Jump to the event
            </Button>
          )}
          {error && <PageLink to={paths.executions(`error:${JSON.stringify(error)}`)}>Other executions with this error</PageLink>}
        </SpaceBetween>
        {handled && (
          <span>
            Handled by <PageLink to={paths.execution(handled.arn)}>{handled.name}</PageLink>
          </span>
        )}
      </SpaceBetween>
    </Alert>
  );
});
