import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Textarea from '@cloudscape-design/components/textarea';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { aws } from '../api/client';
import { useGo, paths } from '../app/navigation';
import { arnName } from './arn';
import { Confirm } from './Confirm';
import { jsonError, pretty } from './json';

interface Props {
  machine: string; // ARN, unqualified
  input?: string;
  onClose: () => void;
}

const present = { label: 'Latest', value: '' };

// StartDialog starts an execution, and shows it.
export function StartDialog({ machine, input = '{}', onClose }: Props) {
  const go = useGo();
  const [text, setText] = useState(() => pretty(input));
  const [name, setName] = useState('');
  const [target, setTarget] = useState(present);
  const versions = useQuery({ queryKey: ['versions', machine], queryFn: () => aws('ListStateMachineVersions', { stateMachineArn: machine }) });
  const aliases = useQuery({ queryKey: ['aliases', machine], queryFn: () => aws('ListStateMachineAliases', { stateMachineArn: machine }) });
  const wrong = jsonError(text);
  const option = (arn: string) => ({ label: arnName(arn), value: arn });
  const options = [
    present,
    ...(aliases.data?.stateMachineAliases ?? []).map((a) => option(a.stateMachineAliasArn)),
    ...(versions.data?.stateMachineVersions ?? []).map((v) => option(v.stateMachineVersionArn)),
  ];
  const start = async () => {
    const started = await aws('StartExecution', { stateMachineArn: target.value || machine, input: text, name: name || undefined });
    go(paths.execution(started.executionArn));
  };
  return (
    <Confirm title="Start an execution" action="Start" disabled={wrong !== undefined} onConfirm={start} onClose={onClose}>
      <SpaceBetween size="m">
        <FormField label="Input" description="JSON" errorText={wrong} stretch>
          <Textarea value={text} rows={12} spellcheck={false} onChange={({ detail }) => setText(detail.value)} ariaLabel="Input of the execution" />
        </FormField>
        <FormField label="Name" description="Left empty, one is made up.">
          <Input value={name} onChange={({ detail }) => setName(detail.value)} />
        </FormField>
        {options.length > 1 && (
          <FormField label="Version or alias">
            <Select options={options} selectedOption={target} onChange={({ detail }) => setTarget(detail.selectedOption as typeof present)} />
          </FormField>
        )}
      </SpaceBetween>
    </Confirm>
  );
}
