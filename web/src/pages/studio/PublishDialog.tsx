import FormField from '@cloudscape-design/components/form-field';
import Input, { type InputProps } from '@cloudscape-design/components/input';
import { useRef, useState } from 'react';
import { Confirm } from '../../parts/Confirm';
import { useFocus } from './focus';

// PublishDialog asks what a version is about.
export function PublishDialog({ onPublish, onClose }: { onPublish: (description: string) => Promise<void>; onClose: () => void }) {
  const [text, setText] = useState('');
  const field = useRef<InputProps.Ref>(null);
  useFocus(field);
  return (
    <Confirm title="Save and publish a version" action="Save and publish" onConfirm={() => onPublish(text)} onClose={onClose}>
      <FormField label="Description" description="What this version is about; it may be left empty." stretch>
        <Input ref={field} value={text} ariaLabel="Description of the version" onChange={({ detail }) => setText(detail.value)} />
      </FormField>
    </Confirm>
  );
}
