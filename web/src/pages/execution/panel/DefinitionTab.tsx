import { useMemo } from 'react';
import { Code } from '../../../parts/Code';
import { stateText } from '../definition';

// DefinitionTab shows a definition, or the one state of it, as it was written.
export function DefinitionTab({ definition, state }: { definition: string; state?: string }) {
  const text = useMemo(() => (state === undefined ? definition : (stateText(definition, state) ?? '')), [definition, state]);
  return <Code language="json" label={state ? `Definition of ${state}` : 'Definition'} value={text} height={`${Math.min(520, text.split('\n').length * 17.5 + 14)}px`} />;
}
