import { keysAt } from '../../../studio/document';
import { lead } from '../../../studio/operations';
import { type Place, stateAt } from '../../../studio/states';
import { useStudio } from '../context';
import { ChoiceField } from './values';

const end = 'End of this flow';

// targetsOf returns the states that one can lead to.
export function useTargets(place: Place): string[] {
  const { tree } = useStudio();
  return keysAt(tree, [...place.scope, 'States']);
}

// Transition says what comes next.
export function Transition({ place }: { place: Place }) {
  const { tree, run } = useStudio();
  const targets = useTargets(place).filter((n) => n !== place.name);
  const next = stateAt(tree, place).Next;
  return <ChoiceField label="Next state" value={typeof next === 'string' ? next : ''} values={targets} none={end} onChange={(v) => run((text) => lead(text, place, typeof v === 'string' ? v : undefined))} />;
}
