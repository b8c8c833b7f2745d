import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Textarea from '@cloudscape-design/components/textarea';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { post } from '../../api/client';
import type { Execution, ForkRequest, Started } from '../../api/model';
import { paths, useGo } from '../../app/navigation';
import type { History, Visit } from '../../history/fold';
import { Confirm } from '../../parts/Confirm';
import { jsonError, pretty } from '../../parts/json';
import { stagesQuery } from './Panel';

interface Props {
  execution: Execution;
  history: History;
  visit?: Visit; // to begin with
  onClose: () => void;
}

// topVisit returns the visit of the top level that a visit is in, or is.
export function topVisit(visit: Visit | undefined): Visit | undefined {
  while (visit?.scope.container) visit = visit.scope.container;
  return visit;
}

const same = { value: 'same', label: 'The definition that it ran' };
const latest = { value: 'latest', label: 'The present definition' };

// ForkDialog runs an execution again from a state: a new execution, with the data as it was there, or edited.
export function ForkDialog({ execution, history, visit, onClose }: Props) {
  const go = useGo();
  const visits = history.top.visits;
  const [from, setFrom] = useState(() => topVisit(visit) ?? visits.at(-1));
  const [input, setInput] = useState<string>();
  const [variables, setVariables] = useState<string>();
  const [target, setTarget] = useState(same);
  const [name, setName] = useState('');
  const stages = useQuery({ ...stagesQuery(execution.arn, from ?? visits[0]!), enabled: from !== undefined });
  const was = useMemo(
    () => ({ input: pretty(stages.data?.input ?? ''), variables: stages.data?.before ? JSON.stringify(stages.data.before, null, 2) : '' }),
    [stages.data],
  );
  useEffect(() => {
    setInput(undefined);
    setVariables(undefined);
  }, [from]);
  const wrongInput = input === undefined ? undefined : jsonError(input);
  const wrongVariables = variables === undefined || variables.trim() === '' ? undefined : jsonError(variables);
  const fork = async () => {
    const request: ForkRequest = { arn: execution.arn, state: from!.name, event: from!.id };
    if (input !== undefined && input !== was.input) request.input = input;
    if (variables !== undefined && variables !== was.variables) request.variables = JSON.parse(variables.trim() || '{}');
    if (target.value === 'latest') request.machine = execution.machine;
    if (name) request.name = name;
    const started = await post<Started>('execution/fork', request);
    go(paths.execution(started.executionArn));
  };
  const option = (v: Visit) => ({ value: String(v.id), label: v.name, description: `event ${v.id}, ${v.status.toLowerCase()}` });
  return (
    <Confirm title="Run again from a state" action="Run" disabled={!from || wrongInput !== undefined || wrongVariables !== undefined} onConfirm={fork} onClose={onClose}>
      <SpaceBetween size="m">
        <div>A new execution begins at this state; what came before it is not done again. The execution that it comes from stays as it is.</div>
        <FormField label="From state" description="States in a Parallel or a Map cannot be begun with; the state around them can.">
          <Select
            options={visits.map(option)}
            selectedOption={from ? option(from) : null}
            filteringType="auto"
            onChange={({ detail }) => setFrom(visits.find((v) => String(v.id) === detail.selectedOption.value))}
          />
        </FormField>
        <FormField label="Input" errorText={wrongInput} stretch>
          <Textarea value={input ?? was.input} rows={8} spellcheck={false} ariaLabel="Input of the state" onChange={({ detail }) => setInput(detail.value)} />
        </FormField>
        {(was.variables || variables !== undefined) && (
          <FormField label="Variables" errorText={wrongVariables} stretch>
            <Textarea value={variables ?? was.variables} rows={5} spellcheck={false} ariaLabel="Variables" onChange={({ detail }) => setVariables(detail.value)} />
          </FormField>
        )}
        <FormField label="Definition">
          <Select options={[same, latest]} selectedOption={target} onChange={({ detail }) => setTarget(detail.selectedOption as typeof same)} />
        </FormField>
        <FormField label="Name" description="Left empty, one is made up.">
          <Input value={name} onChange={({ detail }) => setName(detail.value)} />
        </FormField>
      </SpaceBetween>
    </Confirm>
  );
}
