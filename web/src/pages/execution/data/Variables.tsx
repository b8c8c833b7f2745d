import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import type { Visit } from '../../../history/fold';
import { useStages } from '../useStages';

const most = 30;

// Variables lists what was assigned, the last first: variables through time.
export function Variables({ arn, visits, onSelect }: { arn: string; visits: Visit[]; onSelect: (visit: Visit) => void }) {
  const assigned = visits.filter((v) => v.assigned);
  if (assigned.length === 0) return <Box color="text-body-secondary">No variable has been assigned up to here.</Box>;
  const shown = assigned.slice(-most).reverse();
  return (
    <>
      <table className="grid is-wrapped">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Assigned</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((v) => (
            <tr key={v.id}>
              <td>
                <Button variant="inline-link" onClick={() => onSelect(v)}>
                  {v.name}
                </Button>
              </td>
              <td className="mono">
                <Assigned arn={arn} visit={v} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {assigned.length > most && <p className="hint">The last {most} of {assigned.length}; move the position for others.</p>}
    </>
  );
}

function Assigned({ arn, visit }: { arn: string; visit: Visit }) {
  const { data, error } = useStages(arn, visit);
  if (error) return <>{error.message}</>;
  if (!data) return <>…</>;
  return Object.entries((data.assigned ?? {}) as Record<string, unknown>).map(([name, value]) => (
    <div key={name}>
      ${name} = {JSON.stringify(value)}
    </div>
  ));
}
