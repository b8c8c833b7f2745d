import './maprun.css';
import Button from '@cloudscape-design/components/button';
import ColumnLayout from '@cloudscape-design/components/column-layout';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { useState } from 'react';
import { aws } from '../../api/client';
import { paths, useParam } from '../../app/navigation';
import { useMay } from '../../app/session';
import { arnName, machineName } from '../../parts/arn';
import { Arn } from '../../parts/Arn';
import { Confirm } from '../../parts/Confirm';
import { ErrorAlert } from '../../parts/ErrorAlert';
import { Fact, FactList } from '../../parts/Fact';
import { PageHead } from '../../parts/PageHead';
import { PageLink } from '../../parts/PageLink';
import { Status } from '../../parts/Status';
import { Duration, Time } from '../../parts/Time';
import { formatDuration } from '../../parts/time';
import { Children } from './Children';
import { Counts } from './Counts';
import { EditDialog } from './EditDialog';
import { Failures } from './Failures';
import { done, type MapRun } from './figures';
import { surface } from './surface';
import { Tolerance } from './Tolerance';
import { useMapRun } from './useMapRun';

// labelOf is the name of a Map Run in its ARN: the label of its Map state.
function labelOf(arn: string): string {
  return arn.split(':')[6]?.split('/')[1] ?? 'Map Run';
}

export default function MapRunPage() {
  const arn = useParam('arn');
  return <OneMapRun key={arn} arn={arn} />;
}

type Action = 'edit' | 'redrive';

function OneMapRun({ arn }: { arn: string }) {
  const { run, error, refetch, perSecond } = useMapRun(arn);
  const [action, setAction] = useState<Action>();
  const operates = useMay('operator');
  if (error && !run) return <ErrorAlert error={error} retry={refetch} />;
  if (!run) return <Spinner size="large" />;
  const close = () => {
    setAction(undefined);
    refetch();
  };
  const machine = machineName(arn);
  return (
    <div style={surface}>
      <SpaceBetween size="m">
        <PageHead
          title={labelOf(arn)}
          path={[
            ['Executions', '/executions'],
            [`${machine} / ${arnName(run.executionArn)}`, paths.execution(run.executionArn)],
          ]}
          info={<Status status={run.status} />}
          actions={
            operates && (
              <SpaceBetween direction="horizontal" size="xs">
                {run.status === 'RUNNING' && <Button onClick={() => setAction('edit')}>Edit</Button>}
                {(run.status === 'FAILED' || run.status === 'ABORTED') && <Button onClick={() => setAction('redrive')}>Redrive</Button>}
              </SpaceBetween>
            )
          }
        />
        <Known run={run} arn={arn} perSecond={perSecond} />
        <ColumnLayout columns={2}>
          <Counts title="Items" counts={run.itemCounts} />
          <Counts title="Child executions" counts={run.executionCounts} />
        </ColumnLayout>
        <Tolerance run={run} />
        <Failures arn={arn} failed={run.executionCounts.failed + run.executionCounts.timedOut} />
        <Children arn={arn} counts={run.executionCounts} running={run.status === 'RUNNING'} />
      </SpaceBetween>
      {action === 'edit' && <EditDialog arn={arn} run={run} onClose={close} />}
      {action === 'redrive' && (
        <Confirm title="Redrive the execution?" action="Redrive" onConfirm={() => aws('RedriveExecution', { executionArn: run.executionArn })} onClose={close}>
          The execution of this Map Run goes on: children that failed are run again, those that succeeded are not.
        </Confirm>
      )}
    </div>
  );
}

// The largest 32-bit number stands for no limit, as 0 does.
const limitOf = (n: number) => (n === 0 || n >= 2 ** 31 - 1 ? 'No limit' : n.toLocaleString('en'));

function Known({ run, arn, perSecond }: { run: MapRun; arn: string; perSecond: number }) {
  const counts = run.itemCounts;
  const left = counts.total - done(counts);
  return (
    <FactList>
      <Fact name="Execution">
        <PageLink to={paths.execution(run.executionArn)}>{arnName(run.executionArn)}</PageLink>
      </Fact>
      <Fact name="Started">
        <Time at={run.startDate * 1000} />
      </Fact>
      <Fact name="Duration">
        <Duration from={run.startDate * 1000} to={run.stopDate === undefined ? undefined : run.stopDate * 1000} />
      </Fact>
      <Fact name="Concurrency">{limitOf(run.maxConcurrency)}</Fact>
      <Fact name="Throughput">{perSecond.toLocaleString('en', { maximumFractionDigits: perSecond < 10 ? 1 : 0 })} items/s</Fact>
      {run.status === 'RUNNING' && <Fact name="Time left">{perSecond > 0 && counts.total > 0 ? `about ${formatDuration((left / perSecond) * 1000)}` : 'not known yet'}</Fact>}
      {!!run.redriveCount && <Fact name="Redrives">{run.redriveCount}</Fact>}
      <Fact name="ARN">
        <Arn arn={arn} />
      </Fact>
    </FactList>
  );
}
