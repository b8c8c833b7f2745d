import Container from '@cloudscape-design/components/container';
import { type MapRun, tolerated } from './figures';

// Tolerance shows how near the failures are to what the Map tolerates.
export function Tolerance({ run }: { run: MapRun }) {
  const { itemCounts: items } = run;
  const failed = items.failed + items.timedOut;
  const most = tolerated(run, items.total);
  const share = most === Infinity ? failed / Math.max(1, items.total) : failed / Math.max(1, most);
  const over = failed > most;
  const said = [run.toleratedFailureCount > 0 && `${run.toleratedFailureCount.toLocaleString('en')} items`, run.toleratedFailurePercentage > 0 && `${run.toleratedFailurePercentage} %`].filter(Boolean).join(' or ');
  const text = most === Infinity ? `${failed} failed; all may` : `${failed.toLocaleString('en')} failed of ${most.toLocaleString('en')} that may${said ? ` (${said})` : ''}`;
  return (
    <Container>
      <div className="tolerance">
        <b>Tolerated failures</b>
        <div className="counts-bar" role="img" aria-label={text}>
          <span className={over || (most > 0 && share > 0.8) ? 'is-bad' : 'is-warn'} style={{ width: `${Math.min(1, share) * 100}%` }} />
        </div>
        <span>
          {text}
          {over && ' – exceeded'}
        </span>
      </div>
    </Container>
  );
}
