import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { aws } from '../../../api/client';
import type { MockInput, TestStateOutput } from '../../../api/aws';
import { Code } from '../../../parts/Code';
import { ErrorAlert } from '../../../parts/ErrorAlert';
import { jsonError, pretty } from '../../../parts/json';
import type { Place } from '../../../studio/states';
import { outermost, upTo } from '../../../studio/upTo';
import { useStudio } from '../context';
import { noPin } from '../pins';
import { Pinning } from './Pinning';
import { RunResult, TestResult } from './Result';
import { useRunUpTo } from './useRunUpTo';

type Mocked = 'none' | 'result' | 'error';
type Level = 'INFO' | 'DEBUG' | 'TRACE';

const levels = ['INFO', 'DEBUG', 'TRACE'].map((value) => ({ value, label: value }));
const mocks = [
  { value: 'none', label: 'Call it' },
  { value: 'result', label: 'It answers …' },
  { value: 'error', label: 'It fails with …' },
];
const checks = ['STRICT', 'PRESENT', 'NONE'].map((value) => ({ value, label: value }));

interface Form {
  level: Level;
  mocked: Mocked;
  result: string;
  check: string;
  error: string;
  cause: string;
  context: string;
  retries: string;
}

const fresh: Form = { level: 'DEBUG', mocked: 'none', result: '{}', check: 'STRICT', error: 'States.TaskFailed', cause: '', context: '', retries: '' };

function mockOf(f: Form): MockInput | undefined {
  if (f.mocked === 'none') return undefined;
  if (f.mocked === 'error') return { errorOutput: { error: f.error, cause: f.cause } };
  return { result: f.result, fieldValidationMode: f.check as MockInput['fieldValidationMode'] };
}

// Test tries one state: with an input, perhaps with an answer in the place of the real one. It can run all states up to
// this one, too, as a machine of its own.
export function Test({ place }: { place: Place }) {
  const { text, config, pins, pin, readonly } = useStudio();
  const data = pins[place.name] ?? noPin;
  const [form, setForm] = useState(fresh);
  const [result, setResult] = useState<TestStateOutput>();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState<'test' | 'run'>();
  const [shown, setShown] = useState<'test' | 'run'>('test');
  const { run, start, stop } = useRunUpTo(config.roleArn);
  const change = (part: Partial<Form>) => setForm((old) => ({ ...old, ...part }));
  const wrong = jsonError(data.input) ?? (data.variables ? jsonError(data.variables) : undefined);

  const attempt = async (what: 'test' | 'run', call: () => Promise<void>) => {
    setBusy(what);
    setShown(what);
    setError(undefined);
    setResult(undefined);
    try {
      await call();
    } catch (e) {
      setError(e);
    }
    setBusy(undefined);
  };
  const test = () =>
    attempt('test', async () => {
      const input = { definition: text, stateName: place.name, input: data.input, inspectionLevel: form.level, roleArn: config.roleArn, variables: data.variables || undefined, context: form.context || undefined, mock: mockOf(form) };
      const tested = await aws('TestState', { ...input, stateConfiguration: form.retries ? { retrierRetryCount: Number(form.retries) } : undefined });
      setResult(tested);
      if (tested.inspectionData?.result !== undefined) pin(place.name, { ...data, result: tested.inspectionData.result });
    });
  const top = outermost(place);
  return (
    <SpaceBetween size="s">
      <Pinning name={place.name} onPin={(p) => pin(place.name, { ...p, input: pretty(p.input) })} />
      <FormField label="Input" description={data.from ? `Of ${data.from}` : 'What the state gets; expressions in the forms are tried with it, too.'} errorText={jsonError(data.input)} stretch>
        <Code value={data.input} language="json" label="Input of the test" height="120px" onChange={(input) => pin(place.name, { ...data, input })} />
      </FormField>
      <Select ariaLabel="What the call does" options={mocks} selectedOption={mocks.find((m) => m.value === form.mocked)!} onChange={({ detail }) => change({ mocked: detail.selectedOption.value as Mocked })} />
      {form.mocked === 'result' && (
        <>
          <Code value={form.result} language="json" label="Answer" height="90px" onChange={(r) => change({ result: r })} />
          <FormField label="Is the answer held against the service's shapes?">
            <Select options={checks} selectedOption={checks.find((c) => c.value === form.check)!} onChange={({ detail }) => change({ check: detail.selectedOption.value ?? 'STRICT' })} />
          </FormField>
        </>
      )}
      {form.mocked === 'error' && (
        <div className="pairs">
          <Input value={form.error} ariaLabel="Error" onChange={({ detail }) => change({ error: detail.value })} />
          <Input value={form.cause} ariaLabel="Cause" placeholder="Cause" onChange={({ detail }) => change({ cause: detail.value })} />
        </div>
      )}
      <details>
        <summary>Variables, context, detail</summary>
        <SpaceBetween size="xs">
          <FormField label="Variables" description="An object: what $name is." stretch>
            <Code value={data.variables} language="json" label="Variables of the test" height="70px" onChange={(variables) => pin(place.name, { ...data, variables })} />
          </FormField>
          <FormField label="Context" description="An object; none: an example." stretch>
            <Code value={form.context} language="json" label="Context of the test" height="70px" onChange={(context) => change({ context })} />
          </FormField>
          <div className="pairs">
            <FormField label="Detail">
              <Select options={levels} selectedOption={levels.find((l) => l.value === form.level)!} onChange={({ detail }) => change({ level: detail.selectedOption.value as Level })} />
            </FormField>
            <FormField label="Retries before">
              <Input value={form.retries} inputMode="numeric" onChange={({ detail }) => change({ retries: detail.value.replace(/\D/g, '') })} />
            </FormField>
          </div>
        </SpaceBetween>
      </details>
      <div className="row">
        <Button variant="primary" loading={busy === 'test'} disabled={wrong !== undefined || busy !== undefined} onClick={() => void test()}>
          Test state
        </Button>
        {!readonly &&
          (busy === 'run' ? (
            <Button onClick={stop}>Stop</Button>
          ) : (
            <Button disabled={wrong !== undefined || busy !== undefined} onClick={() => void attempt('run', () => start(config.name || 'workflow', upTo(text, place), pins['']?.input ?? '{}'))}>
              Run up to here
            </Button>
          ))}
      </div>
      <details>
        <summary>Input of “Run up to here”</summary>
        <Code value={pins['']?.input ?? '{}'} language="json" label="Input of the workflow" height="90px" onChange={(input) => pin('', { ...noPin, input })} />
        <p className="faint">
          All states up to “{top.name}” are run as a machine of its own, which is deleted in the end. Its calls are real.
        </p>
      </details>
      {error !== undefined && <ErrorAlert error={error} />}
      {shown === 'test' && result && <TestResult result={result} />}
      {shown === 'run' && run && <RunResult run={run} />}
    </SpaceBetween>
  );
}
