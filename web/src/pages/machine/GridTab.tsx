import './grid.css';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Icon, { type IconProps } from '@cloudscape-design/components/icon';
import Spinner from '@cloudscape-design/components/spinner';
import { useQuery } from '@tanstack/react-query';
import type { GridCell, GridRun } from '../../api/model';
import { useTopic } from '../../api/stream';
import { href, paths, useGo } from '../../app/navigation';
import { queryClient } from '../../app/queries';
import { Empty } from '../../parts/Empty';
import { ErrorAlert } from '../../parts/ErrorAlert';
import { statusWord } from '../../parts/Status';
import { surface } from '../../parts/surface';
import { formatDuration, formatTime } from '../../parts/time';
import { gridQuery } from './queries';

const icons: Record<string, [IconProps.Name, IconProps.Variant]> = {
  SUCCEEDED: ['status-positive', 'success'],
  FAILED: ['status-negative', 'error'],
  TIMED_OUT: ['status-negative', 'error'],
  CAUGHT: ['status-warning', 'warning'],
  ABORTED: ['status-stopped', 'disabled'],
  RUNNING: ['status-in-progress', 'link'],
};

// tell says what became of a state.
function tell(state: string, cell: GridCell): string {
  if (!cell.status) return `${state}: not entered`;
  return `${state}: ${statusWord(cell.status)}${cell.duration === undefined ? '' : `, ${formatDuration(cell.duration)}`}${(cell.visits ?? 1) > 1 ? `, ${cell.visits} times` : ''}`;
}

function Mark({ status }: { status: string }) {
  const [name, variant] = icons[status] ?? ['status-pending', 'subtle'];
  return <Icon name={name} variant={variant} ariaLabel={statusWord(status)} />;
}

function HeadCell({ run }: { run: GridRun }) {
  const go = useGo();
  const { execution } = run;
  const to = paths.execution(execution.arn);
  const text = `${execution.name}: ${statusWord(execution.status)}, ${formatTime(execution.start)}`;
  return (
    <th scope="col" title={text}>
      <a
        href={href(to)}
        aria-label={text}
        onClick={(e) => {
          if (e.ctrlKey || e.metaKey || e.shiftKey) return;
          e.preventDefault();
          go(to);
        }}
      >
        <Mark status={execution.status} />
      </a>
    </th>
  );
}

// GridTab shows the last executions as columns and the states of the top level as rows: where they fail, at one glance.
export function GridTab({ arn, onStart }: { arn: string; onStart: () => void }) {
  const { data, error, refetch } = useQuery(gridQuery(arn));
  useTopic('list', ({ executions }) => {
    if (executions.some((x) => x.machine === arn)) void queryClient.invalidateQueries({ queryKey: ['grid', arn] });
  });
  if (error) return <ErrorAlert error={error} retry={() => void refetch()} />;
  if (!data) return <Spinner />;
  if (data.runs.length === 0) return <Empty title="No executions yet" action={<Button onClick={onStart}>Start the first one</Button>} />;
  return (
    <div className="runs" style={surface} tabIndex={0} role="region" aria-label="The last executions by state">
      <table>
        <thead>
          <tr>
            <th scope="col">
              <Box color="text-body-secondary" fontSize="body-s">
                the newest first
              </Box>
            </th>
            {data.runs.map((run) => (
              <HeadCell key={run.execution.arn} run={run} />
            ))}
          </tr>
        </thead>
        <tbody>
          {data.states.map((state, i) => (
            <tr key={state}>
              <th scope="row">{state}</th>
              {data.runs.map((run) => {
                const cell = run.cells[i] ?? {};
                return (
                  <td key={run.execution.arn} title={tell(state, cell)}>
                    {cell.status ? <Mark status={cell.status} /> : <span aria-label="not entered">·</span>}
                    {(cell.visits ?? 1) > 1 && <small>{cell.visits}</small>}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
