import StatusIndicator from '@cloudscape-design/components/status-indicator';
import type { Validation } from '../../api/model';

const most = 20;

// Problems lists what the validator says.
export function Problems({ validation }: { validation: Validation }) {
  const { diagnostics } = validation;
  if (diagnostics.length === 0) return <StatusIndicator type="success">The definition is valid.</StatusIndicator>;
  return (
    <ul style={{ listStyle: 'none', margin: 0, padding: 0 }} aria-label="Problems">
      {diagnostics.slice(0, most).map((d, i) => (
        <li key={i}>
          <StatusIndicator type={d.severity === 'ERROR' ? 'error' : 'warning'}>
            Line {d.line}: {d.message} <span className="mono">{d.pointer}</span>
          </StatusIndicator>
        </li>
      ))}
      {diagnostics.length > most && <li>and {diagnostics.length - most} more</li>}
    </ul>
  );
}
