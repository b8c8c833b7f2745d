import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Grid from '@cloudscape-design/components/grid';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import Tabs from '@cloudscape-design/components/tabs';
import Textarea from '@cloudscape-design/components/textarea';
import { lazy, Suspense, useState } from 'react';
import type { SampleRow } from '../../api/model';
import { useGo } from '../../app/navigation';
import { useMay } from '../../app/session';
import { Code } from '../../parts/Code';
import { ErrorAlert } from '../../parts/ErrorAlert';
import { jsonError, pretty } from '../../parts/json';
import { Markdown } from '../../parts/Markdown';
import { PageHead } from '../../parts/PageHead';
import { useRun } from './SampleCards';

const Picture = lazy(() => import('../../graph/Picture'));

// SampleDetail tells all of a sample, and runs it with an input that can be changed.
export function SampleDetail({ sample }: { sample: SampleRow }) {
  const go = useGo();
  const editor = useMay('editor');
  const { busy, error, run } = useRun();
  const [input, setInput] = useState(() => pretty(sample.input || '{}'));
  const wrong = jsonError(input);
  const yaml = !sample.workflow.trimStart().startsWith('{');
  return (
    <SpaceBetween size="m">
      <PageHead
        title={sample.name}
        description={sample.title}
        path={[['Samples', '/samples']]}
        actions={
          editor && (
            <SpaceBetween direction="horizontal" size="xs">
              <Button onClick={() => go(`/machines/new?${new URLSearchParams({ sample: sample.name })}`)}>Copy to a new state machine</Button>
              <Button variant="primary" loading={busy !== ''} disabled={wrong !== undefined || !!sample.needs?.length} onClick={() => void run(sample, input)}>
                Run
              </Button>
            </SpaceBetween>
          )
        }
      />
      {sample.needs?.length ? <Alert type="info">It cannot run here. It needs {sample.needs.join(', ')}.</Alert> : null}
      {error !== undefined && <ErrorAlert error={error} />}
      <Grid gridDefinition={[{ colspan: { default: 12, m: 6 } }, { colspan: { default: 12, m: 6 } }]}>
        <SpaceBetween size="m">
          <Container header={<Header variant="h2">Input</Header>}>
            <FormField errorText={wrong} stretch>
              <Textarea value={input} rows={10} spellcheck={false} onChange={({ detail }) => setInput(detail.value)} ariaLabel="Input of the execution" />
            </FormField>
          </Container>
          {sample.text.replace(/^# .*/, '').trim() !== '' && (
            <Container header={<Header variant="h2">What it is</Header>}>
              <Markdown text={sample.text} />
            </Container>
          )}
        </SpaceBetween>
        <Tabs
          variant="container"
          ariaLabel="The workflow"
          tabs={[
            {
              id: 'graph',
              label: 'Graph',
              content: (
                <Suspense fallback={<Spinner />}>
                  <Picture definition={sample.workflow} label={`Graph of ${sample.name}`} height={560} />
                </Suspense>
              ),
            },
            { id: 'text', label: 'Text', content: <Code value={sample.workflow} language={yaml ? 'yaml' : 'json'} label="Definition" height="560px" /> },
          ]}
        />
      </Grid>
    </SpaceBetween>
  );
}
