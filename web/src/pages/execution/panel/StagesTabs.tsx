import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import type { Stages } from '../../../api/model';
import type { Visit } from '../../../history/fold';
import { ErrorAlert } from '../../../parts/ErrorAlert';
import { useStages } from '../useStages';
import { Payload } from './Payload';

interface Props {
  arn: string;
  visit: Visit;
}

type Stage = [label: string, text: string | null];

// steps leaves out stages that there are none of, and says which changed nothing.
function steps(stages: Stage[]): { label: string; text: string; same: boolean }[] {
  const list: { label: string; text: string; same: boolean }[] = [];
  for (const [label, text] of stages) {
    if (text === null) continue;
    list.push({ label, text, same: list.at(-1)?.text === text });
  }
  return list;
}

function inputSteps(s: Stages) {
  const paths = s.queryLanguage === 'JSONPath';
  return steps([
    ['Input of the state', s.input],
    ['After InputPath', paths ? s.afterInput : null],
    [paths ? 'Parameters: what was sent' : 'Arguments: what was sent', s.arguments],
  ]);
}

function outputSteps(s: Stages) {
  return steps([
    ['Result: what came back', s.result],
    ['After ResultSelector', s.afterSelector],
    ['After ResultPath', s.afterResult],
    ['Output of the state', s.output],
  ]);
}

function List({ arn, visit, of, none }: Props & { of: (s: Stages) => ReturnType<typeof steps>; none: string }) {
  const { data, error, isLoading } = useStages(arn, visit);
  if (error) return <ErrorAlert error={error} />;
  if (isLoading || !data) return <Spinner />;
  const list = of(data);
  return (
    <SpaceBetween size="s">
      {list.map((step) =>
        step.same ? (
          <Box key={step.label} color="text-body-secondary" fontSize="body-s">
            {step.label}: the same
          </Box>
        ) : (
          <Payload key={step.label} label={step.label} text={step.text} />
        ),
      )}
      {list.length === 0 && <Box color="text-body-secondary">{none}</Box>}
      {data.note && <Alert type="info">{data.note}</Alert>}
    </SpaceBetween>
  );
}

// InputTab shows the input of a state, and what it made of it before it did its work.
export function InputTab(props: Props) {
  return <List {...props} of={inputSteps} none="The input is hidden from you, or not known." />;
}

// OutputTab shows what the work gave, and what the state made of that.
export function OutputTab({ arn, visit }: Props) {
  return (
    <SpaceBetween size="s">
      {visit.error !== undefined && visit.status !== 'SUCCEEDED' && (
        <Alert type={visit.status === 'CAUGHT' ? 'warning' : 'error'} header={visit.error || 'An error without a name'}>
          <span className="breaks">{visit.cause}</span>
        </Alert>
      )}
      <List arn={arn} visit={visit} of={outputSteps} none={visit.end === undefined ? 'It is in the state still.' : 'There is no output.'} />
    </SpaceBetween>
  );
}
