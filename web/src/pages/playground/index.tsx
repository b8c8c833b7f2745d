import './playground.css';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import Container from '@cloudscape-design/components/container';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import Header from '@cloudscape-design/components/header';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useState } from 'react';
import { useView } from '../../app/navigation';
import { Code } from '../../parts/Code';
import { ErrorAlert } from '../../parts/ErrorAlert';
import { PageHead } from '../../parts/PageHead';
import { pretty } from '../../parts/json';
import { examples, type Language } from './examples';
import { type Tried, useResult } from './useResult';

const languages = [
  { id: 'jsonata', text: 'JSONata' },
  { id: 'jsonpath', text: 'JSONPath' },
  { id: 'template', text: 'Template' },
];

const help: Record<Language, string> = {
  jsonata: 'As it stands between {% and %}. It sees $states.input, $states.result, $states.context and variables.',
  jsonpath: 'A path: $ is the input, $$ the context, $name a variable. Or one intrinsic function.',
  template: 'As in Parameters, ResultSelector or ItemSelector: names that end in .$ have paths or intrinsic functions.',
};

// triedOf reads what the address has: it is all that the page shows, so that it can be shared.
function triedOf(view: Record<string, string | undefined>): Tried {
  const first = examples[0]!;
  const none = view.expression === undefined;
  return {
    language: (view.language ?? 'jsonata') as Language,
    expression: none ? first.expression : (view.expression ?? ''),
    input: view.input ?? (none ? first.input : '{}'),
    result: view.result ?? '',
    context: view.context ?? '',
    variables: view.variables ?? '',
  };
}

// The playground evaluates expressions with the very code that executions use.
export default function Page() {
  const [view, setView] = useView();
  const [tried, setTried] = useState(() => triedOf(view));
  const { result, error, pending } = useResult(tried);
  const change = (part: Partial<Tried>) => {
    const next = { ...tried, ...part };
    setTried(next);
    setView({ ...next, result: next.result || undefined, context: next.context || undefined, variables: next.variables || undefined });
  };
  const [copied, setCopied] = useState(false);
  const share = async () => {
    setView({ ...tried });
    await navigator.clipboard.writeText(window.location.href);
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  const pick = (title: string) => {
    const e = examples.find((x) => x.title === title);
    if (e) change({ language: e.language, expression: e.expression, input: e.input, variables: e.variables ?? '', context: '', result: '' });
  };
  return (
    <SpaceBetween size="m">
      <PageHead
        title="Playground"
        description="Try expressions with the code that executions use. Nothing is kept."
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <ButtonDropdown items={examples.map((e) => ({ id: e.title, text: e.title, secondaryText: languages.find((l) => l.id === e.language)?.text }))} onItemClick={({ detail }) => pick(detail.id)}>
              Examples
            </ButtonDropdown>
            <Button iconName={copied ? 'check' : 'share'} onClick={() => void share()}>
              {copied ? 'Address copied' : 'Copy address'}
            </Button>
          </SpaceBetween>
        }
      />
      <div className="playground">
        <SpaceBetween size="m">
          <Container
            header={
              <Header
                variant="h2"
                description={help[tried.language]}
                actions={<SegmentedControl label="Language" selectedId={tried.language} options={languages} onChange={({ detail }) => change({ language: detail.selectedId as Language })} />}
              >
                Expression
              </Header>
            }
          >
            <Code value={tried.expression} language={tried.language === 'template' ? 'json' : 'text'} label="Expression" height="190px" onChange={(expression) => change({ expression })} />
          </Container>
          <Container header={<Header variant="h2" info={<Verdict pending={pending} wrong={result?.error !== undefined} took={result?.took} />}>Result</Header>}>
            {error ? <ErrorAlert error={error} /> : result?.error ? <Wrong name={result.error} message={result.message ?? ''} at={result.start} expression={tried.expression} /> : <Code value={result?.result == null ? 'undefined' : pretty(result.result)} language={result?.result == null ? 'text' : 'json'} label="Result" height="260px" />}
          </Container>
        </SpaceBetween>
        <SpaceBetween size="m">
          <Container header={<Header variant="h2">Input</Header>}>
            <Code value={tried.input} language="json" label="Input" height="330px" onChange={(input) => change({ input })} />
          </Container>
          <ExpandableSection headerText="Variables, result, context" variant="container" defaultExpanded={Boolean(tried.variables || tried.context || tried.result)}>
            <SpaceBetween size="s">
              <Extra label="Variables" text={tried.variables} onChange={(variables) => change({ variables })} />
              <Extra label="Result of the state" text={tried.result} onChange={(r) => change({ result: r })} />
              <Extra label="Context, none: an example" text={tried.context} onChange={(context) => change({ context })} />
            </SpaceBetween>
          </ExpandableSection>
        </SpaceBetween>
      </div>
    </SpaceBetween>
  );
}

function Extra({ label, text, onChange }: { label: string; text: string; onChange: (t: string) => void }) {
  return (
    <div>
      <Box variant="awsui-key-label">{label}</Box>
      <Code value={text} language="json" label={label} height="90px" onChange={onChange} />
    </div>
  );
}

function Verdict({ pending, wrong, took }: { pending: boolean; wrong: boolean; took?: number }) {
  if (pending) return <StatusIndicator type="loading">Evaluating</StatusIndicator>;
  if (wrong) return <StatusIndicator type="error">Error</StatusIndicator>;
  return <StatusIndicator type="success">{took === undefined ? 'Done' : `${took < 1 ? took.toFixed(2) : took.toFixed(0)} ms`}</StatusIndicator>;
}

// Wrong says what is wrong, and where in the expression.
function Wrong({ name, message, at, expression }: { name: string; message: string; at?: number; expression: string }) {
  const before = at === undefined ? '' : expression.slice(0, at);
  const line = before.split('\n').length;
  const column = at === undefined ? 0 : at - before.lastIndexOf('\n');
  return (
    <SpaceBetween size="xs">
      <Box color="text-status-error" fontWeight="bold">
        {name}
      </Box>
      <Box>{message}</Box>
      {at !== undefined && (
        <pre className="mono" aria-label="Where">
          {(expression.split('\n')[line - 1] ?? '') + '\n' + ' '.repeat(Math.max(column - 1, 0)) + '^'}
        </pre>
      )}
    </SpaceBetween>
  );
}
