import Box from '@cloudscape-design/components/box';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import { useState } from 'react';
import { aws } from '../../api/client';
import type { Execution } from '../../api/model';
import { queryClient } from '../../app/queries';
import type { Visit } from '../../history/fold';
import { Confirm } from '../../parts/Confirm';
import { StartDialog } from '../../parts/StartDialog';
import { CompareDialog } from './CompareDialog';
import { ForkDialog } from './ForkDialog';

export type Action = 'start' | 'redrive' | 'fork' | 'stop' | 'compare';

interface Props {
  action?: Action;
  execution: Execution;
  visit?: Visit; // that is selected, or that failed
  onClose: () => void;
}

// Actions shows the dialog of what somebody is about to do.
export function Actions({ action, execution, visit, onClose }: Props) {
  switch (action) {
    case 'start':
      return <StartDialog machine={execution.machine} input={execution.input ?? undefined} onClose={onClose} />;
    case 'redrive':
      return <RedriveDialog execution={execution} onClose={onClose} />;
    case 'stop':
      return <StopDialog arn={execution.arn} onClose={onClose} />;
    case 'fork':
      return <ForkDialog execution={execution} visit={visit} onClose={onClose} />;
    case 'compare':
      return <CompareDialog execution={execution} onClose={onClose} />;
    case undefined:
      return null;
  }
}

const read = (arn: string) => queryClient.invalidateQueries({ queryKey: ['execution', arn] });

function RedriveDialog({ execution, onClose }: { execution: Execution; onClose: () => void }) {
  const redrive = async () => {
    await aws('RedriveExecution', { executionArn: execution.arn });
    await read(execution.arn);
  };
  return (
    <Confirm title="Redrive the execution?" action="Redrive" onConfirm={redrive} onClose={onClose}>
      <Box>
        It goes on where it failed, with the same input and the same definition. What succeeded is not done again.
        {execution.changed && ' The state machine has been changed since; to use what it is now, run it again from a state instead.'}
      </Box>
    </Confirm>
  );
}

function StopDialog({ arn, onClose }: { arn: string; onClose: () => void }) {
  const [error, setError] = useState('');
  const [cause, setCause] = useState('');
  const stop = async () => {
    await aws('StopExecution', { executionArn: arn, error: error || undefined, cause: cause || undefined });
    await read(arn);
  };
  return (
    <Confirm title="Stop the execution?" action="Stop" onConfirm={stop} onClose={onClose}>
      <Box>Its Tasks are cancelled where that can be done, and its status will be Aborted.</Box>
      <FormField label="Error" description="Optional; it stands in the history.">
        <Input value={error} onChange={({ detail }) => setError(detail.value)} />
      </FormField>
      <FormField label="Cause" description="Optional.">
        <Input value={cause} onChange={({ detail }) => setCause(detail.value)} />
      </FormField>
    </Confirm>
  );
}
