import { type Json, type JsonObject, read, valueAt } from './document';
import { follow } from './fragment';
import { redirect } from './references';
import { become } from './edit';
import { languageAt, type Place, referencesOf, type StateType, stateAt, successorOf } from './states';
import { stateTemplate } from './templates';

const everywhere = ['Comment', 'QueryLanguage'];
const data = ['InputPath', 'OutputPath', 'Output'];
const going = ['Next', 'End', 'Assign', ...data];
const computing = ['Retry', 'Catch', 'ResultSelector', 'ResultPath', 'Parameters', 'Arguments', ...going];

// kept are the fields of a state that mean the same in another type.
const kept: Record<StateType, string[]> = {
  Task: computing,
  Parallel: computing,
  Map: computing.filter((f) => f !== 'Arguments' && f !== 'Parameters'),
  Pass: [...going, 'ResultPath', 'Parameters'],
  Wait: going,
  Choice: ['Assign', ...data],
  Succeed: data,
  Fail: [],
};

// changeType makes a state one of another type. What the other type has too is kept, and what it needs is added.
export function changeType(text: string, place: Place, type: StateType): string {
  const tree = read(text);
  const old = stateAt(tree, place);
  if (old.Type === type) return text;
  const next = successorOf(tree, place);
  const piece = valueAt(read(stateTemplate(type, languageAt(tree, place))), ['States']) as JsonObject;
  const fresh = Object.values(piece)[0] as JsonObject;
  const names = new Set([...everywhere, ...kept[type]]);
  const stays = Object.fromEntries(Object.entries(old).filter(([key]) => names.has(key)));
  const value: JsonObject = { Type: type };
  for (const [key, v] of Object.entries({ ...fresh, ...stays })) if (key !== 'Type' && key !== 'Next' && key !== 'End') value[key] = v as Json;
  if ('Next' in fresh) Object.assign(value, { Next: follow });
  text = become(text, place.path, value);
  const open = referencesOf(read(text), place).filter((r) => r.to === follow);
  return redirect(text, place.scope, open, next);
}

