import { aws } from '../../api/client';
import type { ExecutionRow } from '../../api/model';
import { queryClient } from '../../app/queries';
import { Confirm } from '../Confirm';
import type { BulkAction } from './BulkDialog';

const verbs = { stop: 'Stop', redrive: 'Redrive' };

// SelectionDialog stops or redrives the executions that were chosen.
export function SelectionDialog({ action, rows, onClose }: { action: BulkAction; rows: ExecutionRow[]; onClose: () => void }) {
  const act = async () => {
    const failed: string[] = [];
    for (const { arn, name } of rows) {
      const call = action === 'stop' ? aws('StopExecution', { executionArn: arn }) : aws('RedriveExecution', { executionArn: arn });
      await call.catch((e: unknown) => failed.push(`${name}: ${e instanceof Error ? e.message : String(e)}`));
    }
    await queryClient.invalidateQueries({ queryKey: ['executions'] });
    if (failed.length > 0) throw new Error(`${rows.length - failed.length} done, ${failed.length} not: ${failed.slice(0, 3).join(' · ')}`);
  };
  return (
    <Confirm title={`${verbs[action]} ${rows.length === 1 ? 'the execution' : `${rows.length} executions`}?`} action={verbs[action]} onConfirm={act} onClose={onClose}>
      <div style={{ overflowWrap: 'anywhere' }}>{rows.map((x) => x.name).join(', ')}</div>
    </Confirm>
  );
}
