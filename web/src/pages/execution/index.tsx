import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { useMemo, useState } from 'react';
import { useParam } from '../../app/navigation';
import { ErrorAlert } from '../../parts/ErrorAlert';
import '../../graph/graph.css';
import './execution.css';
import { Actions, type Action } from './Actions';
import { Facts } from './Facts';
import { Failure, failedVisit } from './Failure';
import { Head } from './Head';
import { Panel } from './panel/Panel';
import { surface } from './surface';
import { useExecution } from './useExecution';
import { useKeys } from './useKeys';
import { useSelection } from './view';
import { Views } from './Views';

export default function ExecutionPage() {
  const arn = useParam('arn');
  return <OneExecution key={arn} arn={arn} />;
}

// OneExecution is the page of one execution: how it stands, what went wrong, five views of what happened with one selection,
// and what is known of the selected state.
function OneExecution({ arn }: { arn: string }) {
  const { execution, loaded, error } = useExecution(arn);
  const selection = useSelection(loaded.history);
  const [action, setAction] = useState<Action>();
  const x = execution.data;
  const guilty = useMemo(() => failedVisit(loaded.history), [loaded]);
  useKeys({ execution: x, history: loaded.history, selection, onAction: setAction });
  if (execution.error) return <ErrorAlert error={execution.error} retry={() => void execution.refetch()} />;
  if (!x) return <Spinner size="large" />;
  return (
    <div style={surface}>
      <SpaceBetween size="m">
        <Head execution={x} onAction={setAction} />
        <Facts execution={x} loaded={loaded} />
        <Failure execution={x} loaded={loaded} onSelect={selection.select} onEvent={selection.openEvent} onAction={setAction} />
        {error !== undefined && <ErrorAlert error={error} header="The events could not be read" />}
        <div className="split">
          <Views execution={x} loaded={loaded} selection={selection} />
          <Panel execution={x} loaded={loaded} selection={selection} onAction={setAction} />
        </div>
      </SpaceBetween>
      <Actions action={action} execution={x} visit={selection.visit ?? guilty} onClose={() => setAction(undefined)} />
    </div>
  );
}
