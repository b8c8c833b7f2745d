import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import Slider from '@cloudscape-design/components/slider';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { aws } from '../../api/client';
import { arnName } from '../../parts/arn';
import { Confirm } from '../../parts/Confirm';
import type { Alias } from './AliasesTab';
import { refresh, versionsQuery } from './queries';

interface Props {
  machine: string;
  alias?: Alias; // none: a new one
  onClose: () => void;
}

const none = { label: 'None', value: '' };

// AliasDialog makes an alias, or changes where one leads.
export function AliasDialog({ machine, alias, onClose }: Props) {
  const { data } = useQuery(versionsQuery(machine));
  const [first, second] = alias?.routingConfiguration ?? [];
  const [name, setName] = useState(alias?.name ?? '');
  const [description, setDescription] = useState(alias?.description ?? '');
  const [a, setA] = useState(first?.stateMachineVersionArn ?? '');
  const [b, setB] = useState(second?.stateMachineVersionArn ?? '');
  const [weight, setWeight] = useState(first?.weight ?? 100);
  const options = (data?.stateMachineVersions ?? []).map((v) => ({ label: `Version ${arnName(v.stateMachineVersionArn)}`, value: v.stateMachineVersionArn }));
  const choice = (arn: string) => options.find((o) => o.value === arn) ?? null;
  const save = async () => {
    const routingConfiguration = b
      ? [{ stateMachineVersionArn: a, weight }, { stateMachineVersionArn: b, weight: 100 - weight }]
      : [{ stateMachineVersionArn: a, weight: 100 }];
    if (alias) await aws('UpdateStateMachineAlias', { stateMachineAliasArn: alias.stateMachineAliasArn ?? '', description, routingConfiguration });
    else await aws('CreateStateMachineAlias', { name, description: description || undefined, routingConfiguration });
    await refresh(machine);
  };
  return (
    <Confirm title={alias ? `Change the alias ${alias.name}` : 'Create an alias'} action={alias ? 'Save' : 'Create'} disabled={!name || !a} onConfirm={save} onClose={onClose}>
      {!alias && (
        <FormField label="Name">
          <Input value={name} onChange={({ detail }) => setName(detail.value)} placeholder="live" />
        </FormField>
      )}
      <FormField label="Version" description={data && options.length === 0 ? 'There is no version yet: publish one first.' : undefined}>
        <Select selectedOption={choice(a)} options={options} placeholder="Choose a version" onChange={({ detail }) => setA(detail.selectedOption.value ?? '')} />
      </FormField>
      <FormField label="Second version" description="It gets the rest of the executions.">
        <Select selectedOption={choice(b) ?? none} options={[none, ...options.filter((o) => o.value !== a)]} onChange={({ detail }) => setB(detail.selectedOption.value ?? '')} />
      </FormField>
      {b && (
        <FormField label={`Share: ${weight} % to version ${arnName(a)}, ${100 - weight} % to version ${arnName(b)}`}>
          <Slider min={0} max={100} value={weight} onChange={({ detail }) => setWeight(detail.value)} ariaLabel="Share of the first version in percent" />
        </FormField>
      )}
      <FormField label="Description">
        <Input value={description} onChange={({ detail }) => setDescription(detail.value)} />
      </FormField>
    </Confirm>
  );
}
