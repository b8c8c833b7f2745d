import Badge from '@cloudscape-design/components/badge';
import { memo } from 'react';
import type { Execution } from '../../api/model';
import { paths } from '../../app/navigation';
import { arnName, machineName, qualifierOf } from '../../parts/arn';
import { Arn } from '../../parts/Arn';
import { Fact, FactList } from '../../parts/Fact';
import { PageLink } from '../../parts/PageLink';
import { Duration, Time } from '../../parts/Time';
import type { Loaded } from './useExecution';

function Machine({ x }: { x: Execution }) {
  const qualifiers = [x.alias, x.version].filter(Boolean).map((arn) => qualifierOf(arn!));
  return (
    <>
      <PageLink to={paths.machine(x.machine)}>{x.machineName}</PageLink>
      {qualifiers.length > 0 && ` @ ${qualifiers.join(' → ')}`}
      {x.changed && (
        <PageLink to={paths.diff(x.machine, x.arn, x.machine)} ariaLabel="The state machine has changed since: see what">
          {' '}
          <Badge color="blue">changed since</Badge>
        </PageLink>
      )}
    </>
  );
}

// A trace header names the trace as Root=1-….
function traceId(header: string): string {
  return /Root=([^;]+)/.exec(header)?.[1] ?? header;
}

const link = (arn: string) => <PageLink to={paths.execution(arn)}>{`${machineName(arn)} / ${arnName(arn)}`}</PageLink>;

// Facts are the lines under the title.
export const Facts = memo(function Facts({ execution: x, loaded }: { execution: Execution; loaded: Loaded }) {
  const { history } = loaded;
  const transitions = history.visits.length;
  return (
    <FactList>
      <Fact name="State machine">
        <Machine x={x} />
      </Fact>
      <Fact name="Started">
        <Time at={x.start} />
      </Fact>
      <Fact name="Duration">
        <Duration from={x.start} to={x.stop} />
      </Fact>
      <Fact name="States entered">{transitions.toLocaleString('en')}</Fact>
      <Fact name="Events">{history.last.toLocaleString('en')}</Fact>
      {x.type === 'EXPRESS' && <Fact name="Type">Express</Fact>}
      {!!x.redrives && (
        <Fact name="Redrives">
          {x.redrives}
          {x.redriven && (
            <>
              , last <Time at={x.redriven} />
            </>
          )}
        </Fact>
      )}
      {x.parent && <Fact name={x.mapRun ? 'Child of' : 'Started by'}>{link(x.parent)}</Fact>}
      {x.mapRun && (
        <Fact name="Map Run">
          <PageLink to={paths.mapRun(x.mapRun)}>{arnName(x.mapRun)}</PageLink>
        </Fact>
      )}
      {x.mapRuns && x.mapRuns.length > 0 && (
        <Fact name={x.mapRuns.length === 1 ? 'Map Run' : 'Map Runs'}>
          {x.mapRuns.slice(0, 5).map((m) => (
            <span key={m.arn}>
              <PageLink to={paths.mapRun(m.arn)}>{m.state}</PageLink>{' '}
            </span>
          ))}
          {x.mapRuns.length > 5 && `and ${x.mapRuns.length - 5} more`}
        </Fact>
      )}
      {x.forkOf && (
        <Fact name="Run again from">
          {x.forkOf.state} of {link(x.forkOf.arn)}
        </Fact>
      )}
      {x.forks && x.forks.length > 0 && <Fact name={x.forks.length === 1 ? 'Run again as' : `Run again ${x.forks.length} times, last as`}>{link(x.forks[0]!.arn)}</Fact>}
      {x.traceHeader && (
        <Fact name="Trace">
          <span className="mono">{traceId(x.traceHeader)}</span>
        </Fact>
      )}
      <Fact name="ARN">
        <Arn arn={x.arn} />
      </Fact>
    </FactList>
  );
});
