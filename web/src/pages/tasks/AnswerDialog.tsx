import Box from '@cloudscape-design/components/box';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Textarea from '@cloudscape-design/components/textarea';
import { useState } from 'react';
import { aws } from '../../api/client';
import type { OpenTask } from '../../api/model';
import { queryClient } from '../../app/queries';
import { Confirm } from '../../parts/Confirm';
import { jsonError, pretty } from '../../parts/json';

type Kind = 'success' | 'failure' | 'heartbeat';

// AnswerDialog answers a task in place of who has its token.
export function AnswerDialog({ task, onClose }: { task: OpenTask; onClose: () => void }) {
  const [kind, setKind] = useState<Kind>('success');
  const [output, setOutput] = useState('{}');
  const [error, setError] = useState('');
  const [cause, setCause] = useState('');
  const wrong = kind === 'success' ? jsonError(output) : undefined;
  const send = async () => {
    const taskToken = task.token!;
    if (kind === 'success') await aws('SendTaskSuccess', { taskToken, output });
    else if (kind === 'failure') await aws('SendTaskFailure', { taskToken, error: error || undefined, cause: cause || undefined });
    else await aws('SendTaskHeartbeat', { taskToken });
    await queryClient.invalidateQueries({ queryKey: ['tasks'] });
  };
  return (
    <Confirm title={`Answer ${task.state}`} action="Send" disabled={wrong !== undefined} onConfirm={send} onClose={onClose}>
      <SpaceBetween size="m">
        {task.input && (
          <div>
            <Box variant="awsui-key-label">What was sent</Box>
            <pre className="mono" tabIndex={0} style={{ margin: 0, maxHeight: 180, overflow: 'auto' }}>
              {pretty(task.input)}
            </pre>
          </div>
        )}
        <SegmentedControl
          label="Answer"
          selectedId={kind}
          options={[
            { id: 'success', text: 'Success' },
            { id: 'failure', text: 'Failure' },
            { id: 'heartbeat', text: 'Heartbeat' },
          ]}
          onChange={({ detail }) => setKind(detail.selectedId as Kind)}
        />
        {kind === 'success' && (
          <FormField label="Output" description="JSON" errorText={wrong} stretch>
            <Textarea value={output} rows={6} spellcheck={false} ariaLabel="Output of the task" onChange={({ detail }) => setOutput(detail.value)} />
          </FormField>
        )}
        {kind === 'failure' && (
          <>
            <FormField label="Error" description="Retry and Catch go by it.">
              <Input value={error} onChange={({ detail }) => setError(detail.value)} />
            </FormField>
            <FormField label="Cause" stretch>
              <Textarea value={cause} rows={3} onChange={({ detail }) => setCause(detail.value)} />
            </FormField>
          </>
        )}
        {kind === 'heartbeat' && <div>Puts the time until the next heartbeat is due back to its whole length.</div>}
      </SpaceBetween>
    </Confirm>
  );
}
