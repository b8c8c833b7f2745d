import Box from '@cloudscape-design/components/box';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Spinner from '@cloudscape-design/components/spinner';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { post } from '../../api/client';
import type { BulkRequest, BulkResult } from '../../api/model';
import { notify } from '../../app/notices';
import { queryClient } from '../../app/queries';
import { arnName } from '../arn';
import { Confirm } from '../Confirm';
import { ErrorAlert } from '../ErrorAlert';

export type BulkAction = 'stop' | 'redrive';

const verbs = { stop: 'Stop', redrive: 'Redrive' };
const words = { stop: 'Stopped', redrive: 'Redriven' };
const eligible = { stop: 'are running', redrive: 'can be redriven' };

interface Props {
  action: BulkAction;
  query: string;
  onClose: () => void;
}

// BulkDialog stops or redrives all that a query matches. First it counts, and more than it counted is never done.
export function BulkDialog({ action, query, onClose }: Props) {
  const [cause, setCause] = useState('');
  const ask = (dry: boolean, expect: number) => post<BulkResult>('bulk', { action, query, dry, expect, cause: cause || undefined } satisfies BulkRequest);
  const dry = useQuery({ queryKey: ['bulk', action, query], queryFn: () => ask(true, 0), staleTime: 0, gcTime: 0, refetchOnWindowFocus: false, retry: false });
  const act = async () => {
    const result = await ask(false, dry.data?.matched ?? 0);
    await queryClient.invalidateQueries({ queryKey: ['executions'] });
    notify({ type: result.failed?.length ? 'warning' : 'success', header: `${words[action]}: ${result.done.toLocaleString('en')} of ${result.eligible.toLocaleString('en')} executions` });
    if (result.failed?.length) throw new Error(`${result.failed.length} could not be done: ${result.failed.slice(0, 3).map((f) => `${arnName(f.arn)}: ${f.message}`).join(' · ')}`);
  };
  const n = dry.data?.eligible ?? 0;
  return (
    <Confirm title={`${verbs[action]} executions`} action={`${verbs[action]} ${n.toLocaleString('en')}`} disabled={n === 0} onConfirm={act} onClose={onClose}>
      <div>
        All that match <span className="mono">{query || 'anything'}</span>
      </div>
      {dry.isPending && <Spinner />}
      {dry.error && <ErrorAlert error={dry.error} />}
      {dry.data && (
        <Box>
          {dry.data.matched.toLocaleString('en')} match; <b>{n.toLocaleString('en')}</b> of them {eligible[action]}.
        </Box>
      )}
      {action === 'stop' && (
        <FormField label="Cause" description="It is shown with each of them.">
          <Input value={cause} onChange={({ detail }) => setCause(detail.value)} />
        </FormField>
      )}
    </Confirm>
  );
}
