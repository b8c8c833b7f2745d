import Checkbox from '@cloudscape-design/components/checkbox';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Select, { type SelectProps } from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Textarea from '@cloudscape-design/components/textarea';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { aws, post } from '../../api/client';
import type { Execution, ForkRequest, Started } from '../../api/model';
import { paths, useGo } from '../../app/navigation';
import { topOf, type Visit } from '../../history/fold';
import { arnName } from '../../parts/arn';
import { Confirm } from '../../parts/Confirm';
import { jsonError, pretty } from '../../parts/json';
import { topStates } from './definition';
import { useStages } from './useStages';

interface Props {
  execution: Execution;
  visit?: Visit; // where to begin; one inside a Map or a Parallel stands for that
  onClose: () => void;
}

const same = { label: 'The definition that this execution ran', value: '' };

// useMachines lists what a fork can run: the same definition, the present one, versions and aliases.
function useMachines(machine: string): SelectProps.Option[] {
  const versions = useQuery({ queryKey: ['versions', machine], queryFn: () => aws('ListStateMachineVersions', { stateMachineArn: machine }) });
  const aliases = useQuery({ queryKey: ['aliases', machine], queryFn: () => aws('ListStateMachineAliases', { stateMachineArn: machine }) });
  return [
    same,
    { label: 'Latest definition', value: machine },
    ...(aliases.data?.stateMachineAliases ?? []).map((a) => ({ label: `Alias ${arnName(a.stateMachineAliasArn)}`, value: a.stateMachineAliasArn })),
    ...(versions.data?.stateMachineVersions ?? []).map((v) => ({ label: `Version ${arnName(v.stateMachineVersionArn)}`, value: v.stateMachineVersionArn })),
  ];
}

// ForkDialog begins a new execution at a state of another one, with that input or an edited one.
export function ForkDialog({ execution, visit, onClose }: Props) {
  const go = useGo();
  const begun = visit && topOf(visit);
  const states = topStates(execution.definition);
  const [state, setState] = useState(begun?.name ?? states[0] ?? '');
  const event = begun?.name === state ? begun.id : 0;
  const stages = useStages(execution.arn, begun?.name === state ? begun : undefined);
  const [input, setInput] = useState<string>(); // undefined: that of the visit
  const [variables, setVariables] = useState<string>();
  const [machine, setMachine] = useState<SelectProps.Option>(same);
  const machines = useMachines(execution.machine);
  const [name, setName] = useState('');
  const inputText = input ?? pretty(stages.data?.input ?? '');
  const variablesText = variables ?? pretty(JSON.stringify(stages.data?.before ?? {}));
  const [wrongInput, wrongVariables] = [input === undefined ? undefined : jsonError(input), variables === undefined ? undefined : jsonError(variables)];
  const fork = async () => {
    const request: ForkRequest = {
      arn: execution.arn,
      state,
      event: event || undefined,
      input,
      variables: variables === undefined ? undefined : (JSON.parse(variables) as ForkRequest['variables']),
      machine: machine.value || undefined,
      name: name || undefined,
    };
    const started = await post<Started>('execution/fork', request);
    go(paths.execution(started.executionArn));
  };
  return (
    <Confirm title="Run again from a state" action="Run" disabled={!state || !!wrongInput || !!wrongVariables} onConfirm={fork} onClose={onClose}>
      <SpaceBetween size="m">
        <div>A new execution begins at this state. This one stays as it is, and leads to the new one.</div>
        <FormField label="State" description={begun && visit !== begun ? `${visit!.name} is inside of ${begun.name}; an execution can begin at the top level alone.` : undefined}>
          <Select
            options={states.map((value) => ({ value }))}
            selectedOption={{ value: state }}
            filteringType="auto"
            onChange={({ detail }) => {
              setState(detail.selectedOption.value!);
              setInput(undefined);
              setVariables(undefined);
            }}
          />
        </FormField>
        <FormField label="Input of the state" errorText={wrongInput} description={event ? undefined : 'Left as it is, the input of the last time that the state was entered.'}>
          <SpaceBetween size="xs">
            {!event && (
              <Checkbox checked={input !== undefined} onChange={({ detail }) => setInput(detail.checked ? pretty(execution.input ?? '{}') : undefined)}>
                Give another input
              </Checkbox>
            )}
            {(event > 0 || input !== undefined) && <Textarea value={inputText} rows={10} spellcheck={false} ariaLabel="Input of the state" onChange={({ detail }) => setInput(detail.value)} />}
          </SpaceBetween>
        </FormField>
        <FormField label="Definition">
          <Select options={machines} selectedOption={machine} onChange={({ detail }) => setMachine(detail.selectedOption)} />
        </FormField>
        <ExpandableSection headerText="Variables and name">
          <SpaceBetween size="m">
            <FormField label="Variables" description="A JSON object; left as it is, those that the state could see." errorText={wrongVariables}>
              <Textarea value={variablesText} rows={4} spellcheck={false} onChange={({ detail }) => setVariables(detail.value)} />
            </FormField>
            <FormField label="Name" description="Left empty, one is made up.">
              <Input value={name} onChange={({ detail }) => setName(detail.value)} />
            </FormField>
          </SpaceBetween>
        </ExpandableSection>
      </SpaceBetween>
    </Confirm>
  );
}
