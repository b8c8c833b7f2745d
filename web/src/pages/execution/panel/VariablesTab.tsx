import Box from '@cloudscape-design/components/box';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import type { Visit } from '../../../history/fold';
import { ErrorAlert } from '../../../parts/ErrorAlert';
import { useStages } from '../useStages';

type Variables = Record<string, unknown>;

// VariablesTab shows the variables that a state could see, and those that it assigned.
export function VariablesTab({ arn, visit }: { arn: string; visit: Visit }) {
  const { data, error } = useStages(arn, visit);
  if (error) return <ErrorAlert error={error} />;
  if (!data) return <Spinner />;
  const before = (data.before ?? {}) as Variables;
  const assigned = (data.assigned ?? {}) as Variables;
  const names = [...new Set([...Object.keys(before), ...Object.keys(assigned)])].sort();
  if (names.length === 0) return <Box color="text-body-secondary">There are no variables here.</Box>;
  return (
    <SpaceBetween size="s">
      <div className="scrolls" role="region" aria-label="Variables" tabIndex={0}>
        <table className="grid is-wrapped">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Before</th>
              <th scope="col">Assigned here</th>
            </tr>
          </thead>
          <tbody>
            {names.map((name) => (
              <tr key={name}>
                <th scope="row" className="mono">
                  ${name}
                </th>
                <td className="mono">{name in before ? JSON.stringify(before[name]) : '–'}</td>
                <td className="mono">{name in assigned ? <b>{JSON.stringify(assigned[name])}</b> : ''}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {data.note && <Box color="text-body-secondary">{data.note}</Box>}
    </SpaceBetween>
  );
}
