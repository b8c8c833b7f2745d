import Button from '@cloudscape-design/components/button';
import ColumnLayout from '@cloudscape-design/components/column-layout';
import Container from '@cloudscape-design/components/container';
import FileUpload from '@cloudscape-design/components/file-upload';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import RadioGroup from '@cloudscape-design/components/radio-group';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { aws } from '../../api/client';
import { paths, useGo } from '../../app/navigation';
import { queryClient } from '../../app/queries';
import { useMay, useSession } from '../../app/session';
import { Code } from '../../parts/Code';
import { ErrorAlert } from '../../parts/ErrorAlert';
import { Problems } from './Problems';
import { useValidation } from './useValidation';

type Type = 'STANDARD' | 'EXPRESS';

interface Props {
  text: string;
  name: string;
  type: Type;
}

// nameOf makes a name of that of a file: order.asl.json is order.
function nameOf(file: string): string {
  return file.replace(/(\.asl)?\.(json|ya?ml)$/i, '').replace(/[^\w-]+/g, '-').slice(0, 80);
}

// NewForm makes a state machine of a text, JSON or YAML.
export function NewForm(start: Props) {
  const go = useGo();
  const session = useSession();
  const editor = useMay('editor');
  const [name, setName] = useState(start.name);
  const [type, setType] = useState<Type>(start.type);
  const [text, setText] = useState(start.text);
  const [role, setRole] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const { validation, checking, failed } = useValidation(text, type);
  const create = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const roleArn = role || `arn:aws:iam::${session?.server.account ?? '000000000000'}:role/statelark`;
      const made = await aws('CreateStateMachine', { name, type, roleArn, definition: validation?.definition || text });
      await queryClient.invalidateQueries({ queryKey: ['machines'] });
      go(paths.machine(made.stateMachineArn));
    } catch (e) {
      setError(e);
      setBusy(false);
    }
  };
  const upload = async (files: File[]) => {
    const [file] = files;
    if (!file) return;
    setText(await file.text());
    if (!name) setName(nameOf(file.name));
  };
  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={
            <Button variant="primary" loading={busy} disabled={!editor || !name || !validation?.valid || checking} onClick={() => void create()}>
              Create
            </Button>
          }
        >
          From a definition
        </Header>
      }
    >
      <SpaceBetween size="m">
        {error !== undefined && <ErrorAlert error={error} />}
        <ColumnLayout columns={2}>
          <FormField label="Name" constraintText="Letters, digits, - and _; 80 at most">
            <Input value={name} onChange={({ detail }) => setName(detail.value)} placeholder="order" />
          </FormField>
          <FormField label="Type">
            <RadioGroup
              value={type}
              onChange={({ detail }) => setType(detail.value as Type)}
              items={[
                { value: 'STANDARD', label: 'Standard', description: 'Runs for up to a year; every step is kept' },
                { value: 'EXPRESS', label: 'Express', description: 'Runs for up to five minutes, many at once' },
              ]}
            />
          </FormField>
        </ColumnLayout>
        <Upload onChange={(files) => void upload(files)} />
        <FormField label="Definition" description="JSON or YAML" stretch>
          <Code value={text} language={/^\s*(\{|$)/.test(text) ? 'json' : 'yaml'} label="Definition" height="360px" onChange={setText} />
        </FormField>
        {failed ? <ErrorAlert error={failed} /> : validation && text.trim() !== '' && <Problems validation={validation} />}
        <FormField label="Role" description="ARN. Needed by those Tasks that call AWS itself." stretch>
          <Input value={role} onChange={({ detail }) => setRole(detail.value)} placeholder="arn:aws:iam::123456789012:role/workflow" />
        </FormField>
      </SpaceBetween>
    </Container>
  );
}

function Upload({ onChange }: { onChange: (files: File[]) => void }) {
  return (
    <FileUpload
      value={[]}
      accept=".json,.yaml,.yml"
      onChange={({ detail }) => onChange(detail.value)}
      i18nStrings={{ uploadButtonText: () => 'Upload a file', dropzoneText: () => 'Drop the file here', removeFileAriaLabel: () => 'Remove the file', limitShowFewer: 'Fewer', limitShowMore: 'More', errorIconAriaLabel: 'Error' }}
    />
  );
}
