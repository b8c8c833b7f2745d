import SpaceBetween from '@cloudscape-design/components/space-between';
import { isObject, valueAt } from '../../../studio/document';
import { setField } from '../../../studio/operations';
import { type Place, stateAt } from '../../../studio/states';
import { useStudio } from '../context';
import { ChoiceField } from './values';

// Processor says how a Map runs its iterations.
export function Processor({ place }: { place: Place }) {
  const { tree, run } = useStudio();
  const state = stateAt(tree, place);
  if (!isObject(state.ItemProcessor)) return null;
  const config = valueAt(tree, [...place.path, 'ItemProcessor', 'ProcessorConfig']);
  const mode = isObject(config) ? config.Mode : undefined;
  const set = (value: { Mode: string; ExecutionType?: string }) => run((text) => setField(text, place, ['ItemProcessor', 'ProcessorConfig'], value));
  return (
    <SpaceBetween size="s">
      <ChoiceField
        label="Mode"
        help="Inline: in this execution, 40 at a time. Distributed: a child execution an item, or a batch of them."
        value={mode ?? 'INLINE'}
        values={['INLINE', 'DISTRIBUTED']}
        onChange={(v) => set(v === 'DISTRIBUTED' ? { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } : { Mode: 'INLINE' })}
      />
      {mode === 'DISTRIBUTED' && isObject(config) && (
        <ChoiceField label="Child executions" value={config.ExecutionType} values={['STANDARD', 'EXPRESS']} onChange={(v) => typeof v === 'string' && set({ Mode: 'DISTRIBUTED', ExecutionType: v })} />
      )}
    </SpaceBetween>
  );
}
