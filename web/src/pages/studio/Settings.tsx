import Checkbox from '@cloudscape-design/components/checkbox';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import TagEditor from '@cloudscape-design/components/tag-editor';
import { type Json, valueAt } from '../../studio/document';
import { set } from '../../studio/edit';
import type { Config } from './config';
import { useStudio } from './context';
import { ChoiceField, NumberField, TextField } from './inspector/values';

// Settings are those of the whole workflow: what stands in its text, and what the machine has beside it.
export function Settings({ config, onChange }: { config: Config; onChange: (c: Config) => void }) {
  const { tree, run, arn, readonly } = useStudio();
  const field = (name: string) => ({ value: valueAt(tree, [name]), onChange: (v: Json | undefined) => run((text) => set(text, [name], v)) });
  const change = (part: Partial<Config>) => onChange({ ...config, ...part });
  return (
    <div className="inspector-body">
      <SpaceBetween size="s">
        <Header variant="h2">Workflow</Header>
        <TextField label="Comment" help="For people who read the workflow." long {...field('Comment')} />
        <ChoiceField label="Query language" help="What expressions are written in, where a state does not say otherwise." values={['JSONata', 'JSONPath']} none="JSONPath, not written" {...field('QueryLanguage')} />
        <NumberField label="Timeout" help="Seconds until the execution ends with TIMED_OUT." {...field('TimeoutSeconds')} />
        <Header variant="h2">State machine</Header>
        {arn ? (
          <FormField label="Type" description="A machine keeps its type.">
            <Input value={config.type === 'EXPRESS' ? 'Express' : 'Standard'} readOnly ariaLabel="Type" />
          </FormField>
        ) : (
          <ChoiceField label="Type" help="Standard keeps a history of each execution; Express is short and fast." value={config.type} values={['STANDARD', 'EXPRESS']} onChange={(v) => change({ type: v as Config['type'] })} />
        )}
        <TextField label="Role" help="ARN; the services that are built in do not look at it." value={config.roleArn} onChange={(v) => change({ roleArn: String(v ?? '') })} />
        <ChoiceField label="Logging" value={config.level} values={['OFF', 'ERROR', 'FATAL', 'ALL']} onChange={(v) => change({ level: v as Config['level'] })} />
        {config.level !== 'OFF' && (
          <>
            <TextField label="Log group" help="ARN that ends in :*." value={config.logGroup} onChange={(v) => change({ logGroup: String(v ?? '') })} />
            <Checkbox checked={config.logData} disabled={readonly} onChange={({ detail }) => change({ logData: detail.checked })}>
              Log inputs and outputs
            </Checkbox>
          </>
        )}
        <Checkbox checked={config.tracing} disabled={readonly} onChange={({ detail }) => change({ tracing: detail.checked })}>
          Trace executions
        </Checkbox>
        <FormField label="Tags" stretch>
          <TagEditor tags={config.tags.map((t) => ({ ...t, existing: false }))} onChange={({ detail }) => change({ tags: detail.tags.filter((t) => !t.markedForRemoval).map((t) => ({ key: t.key, value: t.value })) })} />
        </FormField>
      </SpaceBetween>
    </div>
  );
}
