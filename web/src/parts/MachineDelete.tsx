import { aws } from '../api/client';
import { queryClient } from '../app/queries';
import { machineName } from './arn';
import { Confirm } from './Confirm';

// MachineDelete asks before state machines are deleted.
export function MachineDelete({ machines, onClose, onDone }: { machines: string[]; onClose: () => void; onDone?: () => void }) {
  const remove = async () => {
    for (const stateMachineArn of machines) await aws('DeleteStateMachine', { stateMachineArn });
    await queryClient.invalidateQueries({ queryKey: ['machines'] });
    onDone?.();
  };
  return (
    <Confirm title={machines.length === 1 ? 'Delete the state machine?' : `Delete ${machines.length} state machines?`} action="Delete" onConfirm={remove} onClose={onClose}>
      <div>
        {machines.map(machineName).join(', ')}: running executions go on to their end; new ones are refused. Ended executions stay until their
        retention is over.
      </div>
    </Confirm>
  );
}
