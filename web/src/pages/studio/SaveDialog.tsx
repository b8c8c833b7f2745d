import FormField from '@cloudscape-design/components/form-field';
import Input, { type InputProps } from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Tiles from '@cloudscape-design/components/tiles';
import { useRef, useState } from 'react';
import { Confirm } from '../../parts/Confirm';
import type { Config } from './config';
import { useFocus } from './focus';

const allowed = /^[A-Za-z0-9_-]{1,80}$/;

// SaveDialog asks what a new machine is called.
export function SaveDialog({ config, onSave, onClose }: { config: Config; onSave: (c: Config) => Promise<void>; onClose: () => void }) {
  const [name, setName] = useState(config.name);
  const [type, setType] = useState(config.type);
  const field = useRef<InputProps.Ref>(null);
  useFocus(field);
  const wrong = name === '' || allowed.test(name) ? undefined : 'Letters, digits, - and _ alone, 80 at most.';
  return (
    <Confirm title="Save as a new state machine" action="Create" disabled={name === '' || wrong !== undefined} onConfirm={() => onSave({ ...config, name, type })} onClose={onClose}>
      <SpaceBetween size="m">
        <FormField label="Name" errorText={wrong}>
          <Input ref={field} value={name} ariaLabel="Name of the state machine" onChange={({ detail }) => setName(detail.value)} />
        </FormField>
        <FormField label="Type" stretch>
          <Tiles
            value={type}
            onChange={({ detail }) => setType(detail.value as Config['type'])}
            items={[
              { value: 'STANDARD', label: 'Standard', description: 'Up to a year, each step exactly once, a history of every execution' },
              { value: 'EXPRESS', label: 'Express', description: 'Up to five minutes, fast, for many short runs' },
            ]}
          />
        </FormField>
      </SpaceBetween>
    </Confirm>
  );
}
