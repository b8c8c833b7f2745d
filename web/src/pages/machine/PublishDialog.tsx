import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import { useState } from 'react';
import { aws } from '../../api/client';
import { Confirm } from '../../parts/Confirm';
import type { Machine } from '.';
import { refresh } from './queries';

// PublishDialog makes a version of what the machine is now.
export function PublishDialog({ machine, onClose }: { machine: Machine; onClose: () => void }) {
  const [description, setDescription] = useState('');
  const publish = async () => {
    await aws('PublishStateMachineVersion', { stateMachineArn: machine.stateMachineArn, revisionId: machine.revisionId, description: description || undefined });
    await refresh(machine.stateMachineArn);
  };
  return (
    <Confirm title="Publish a version" action="Publish" onConfirm={publish} onClose={onClose}>
      <div>A version is what the state machine is now, and never changes. Nothing is made when it is the same as the last one.</div>
      <FormField label="Description">
        <Input value={description} onChange={({ detail }) => setDescription(detail.value)} />
      </FormField>
    </Confirm>
  );
}
