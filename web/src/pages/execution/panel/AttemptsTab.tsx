import Button from '@cloudscape-design/components/button';
import type { Attempt, Visit } from '../../../history/fold';
import { Status } from '../../../parts/Status';
import { Duration, Time } from '../../../parts/Time';
import { formatDuration } from '../../../parts/time';
import type { Selection } from '../view';

// attemptStatus is how a try stands.
export function attemptStatus(a: Attempt): string {
  if (a.aborted) return 'ABORTED';
  if (a.error !== undefined) return 'FAILED';
  return a.end === undefined ? 'RUNNING' : 'SUCCEEDED';
}

// AttemptsTab lists the tries of a Task, and how long it waited between them.
export function AttemptsTab({ visit, selection }: { visit: Visit; selection: Selection }) {
  return (
    <ol className="attempts">
      {visit.attempts.map((a, i) => {
        const before = visit.attempts[i - 1]?.stop;
        return (
          <li key={a.event}>
            {before !== undefined && <div className="hint">waited {formatDuration(a.start - before)}</div>}
            <div className="attempts-line">
              <b>{i + 1}</b>
              <Status status={attemptStatus(a)} />
              <Time at={a.start} />
              <Duration from={a.start} to={a.stop ?? visit.stop} />
              <Button variant="inline-link" ariaLabel={`Event ${a.end ?? a.event}`} onClick={() => selection.openEvent(a.end ?? a.event)}>
                #{a.end ?? a.event}
              </Button>
            </div>
            {a.error !== undefined && (
              <div className="breaks">
                <b>{a.error || 'An error without a name'}</b> {a.cause}
              </div>
            )}
          </li>
        );
      })}
    </ol>
  );
}
