import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Toggle from '@cloudscape-design/components/toggle';
import { useState } from 'react';
import type { Operations } from '../../api/aws';
import { aws } from '../../api/client';
import { useMay } from '../../app/session';
import { ErrorAlert } from '../../parts/ErrorAlert';
import type { Machine } from '.';
import { refresh } from './queries';
import { Tags } from './Tags';

type Logging = NonNullable<Operations['UpdateStateMachine']['input']['loggingConfiguration']>;

const levels: { value: NonNullable<Logging['level']>; label: string }[] = [
  { value: 'OFF', label: 'Off' },
  { value: 'FATAL', label: 'Fatal: executions that failed' },
  { value: 'ERROR', label: 'Error: all that failed' },
  { value: 'ALL', label: 'All events' },
];

// SettingsTab shows and changes what a state machine is beside its definition.
export function SettingsTab({ machine }: { machine: Machine }) {
  const editor = useMay('editor');
  const logging = machine.loggingConfiguration;
  const [level, setLevel] = useState<NonNullable<Logging['level']>>(logging?.level ?? 'OFF');
  const [data, setData] = useState(logging?.includeExecutionData ?? false);
  const [group, setGroup] = useState(logging?.destinations?.[0]?.cloudWatchLogsLogGroup?.logGroupArn ?? '');
  const [tracing, setTracing] = useState(machine.tracingConfiguration?.enabled ?? false);
  const [role, setRole] = useState(machine.roleArn);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const save = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await aws('UpdateStateMachine', {
        stateMachineArn: machine.stateMachineArn,
        roleArn: role,
        tracingConfiguration: { enabled: tracing },
        loggingConfiguration: { level, includeExecutionData: data, destinations: group ? [{ cloudWatchLogsLogGroup: { logGroupArn: group } }] : [] },
      });
      await refresh(machine.stateMachineArn);
    } catch (e) {
      setError(e);
    }
    setBusy(false);
  };
  return (
    <SpaceBetween size="l">
      <Container
        header={
          <Header
            variant="h2"
            actions={
              editor && (
                <Button variant="primary" loading={busy} onClick={() => void save()}>
                  Save
                </Button>
              )
            }
          >
            Logging, tracing, role
          </Header>
        }
      >
        <SpaceBetween size="m">
          {error !== undefined && <ErrorAlert error={error} />}
          <FormField label="Log">
            <Select
              disabled={!editor}
              options={levels}
              selectedOption={levels.find((l) => l.value === level) ?? null}
              onChange={({ detail }) => setLevel((detail.selectedOption.value ?? 'OFF') as NonNullable<Logging['level']>)}
            />
          </FormField>
          {level !== 'OFF' && (
            <>
              <FormField label="Log group" description="ARN, with :* at its end" stretch>
                <Input disabled={!editor} value={group} onChange={({ detail }) => setGroup(detail.value)} />
              </FormField>
              <Toggle disabled={!editor} checked={data} onChange={({ detail }) => setData(detail.checked)}>
                Inputs and outputs, too
              </Toggle>
            </>
          )}
          <Toggle disabled={!editor} checked={tracing} onChange={({ detail }) => setTracing(detail.checked)}>
            Trace executions
          </Toggle>
          <FormField label="Role" description="ARN; the role that calls to AWS are made with" stretch>
            <Input disabled={!editor} value={role} onChange={({ detail }) => setRole(detail.value)} />
          </FormField>
        </SpaceBetween>
      </Container>
      <Tags arn={machine.stateMachineArn} />
    </SpaceBetween>
  );
}
