import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { isObject, type Json, type JsonObject } from '../../../studio/document';
import { addRule, setField } from '../../../studio/operations';
import { languageAt, type Place, stateAt } from '../../../studio/states';
import { ruleTemplate } from '../../../studio/templates';
import { useStudio } from '../context';
import { Comparison, comparisonOf } from './Comparison';
import { useTargets } from './Transition';
import { ChoiceField, JsonField, TextField } from './values';

// Rules are those of a Choice, in the order in which they are tried.
export function Rules({ place }: { place: Place }) {
  const { tree, run, readonly } = useStudio();
  const state = stateAt(tree, place);
  const rules = Array.isArray(state.Choices) ? state.Choices : [];
  const targets = useTargets(place);
  const language = languageAt(tree, place);
  const setAll = (list: Json[]) => run((text) => setField(text, place, ['Choices'], list));
  const swap = (i: number, j: number) => {
    const list = [...rules];
    [list[i], list[j]] = [list[j]!, list[i]!];
    setAll(list);
  };
  return (
    <SpaceBetween size="s">
      {rules.map((rule, i) => (
        <fieldset key={i} className="entry">
          <legend>Rule {i + 1}</legend>
          {!readonly && (
            <div className="entry-actions">
              <Button variant="icon" iconName="angle-up" ariaLabel={`Move rule ${i + 1} up`} disabled={i === 0} onClick={() => swap(i, i - 1)} />
              <Button variant="icon" iconName="angle-down" ariaLabel={`Move rule ${i + 1} down`} disabled={i === rules.length - 1} onClick={() => swap(i, i + 1)} />
              <Button variant="icon" iconName="remove" ariaLabel={`Remove rule ${i + 1}`} disabled={rules.length === 1} onClick={() => setAll(rules.filter((_, k) => k !== i))} />
            </div>
          )}
          <Rule place={place} index={i} rule={isObject(rule) ? rule : {}} targets={targets} />
        </fieldset>
      ))}
      {!readonly && (
        <Button iconName="add-plus" onClick={() => run((text) => ({ ...addRule(text, place, ruleTemplate(language)), select: place.pointer }))}>
          Add a rule
        </Button>
      )}
      <ChoiceField label="Otherwise" help="Where to go when no rule is true. Without it the execution fails then." value={state.Default} values={targets} none="Fail with States.NoChoiceMatched" onChange={(v) => run((text) => setField(text, place, ['Default'], v))} />
    </SpaceBetween>
  );
}

function Rule({ place, index, rule, targets }: { place: Place; index: number; rule: JsonObject; targets: string[] }) {
  const { run } = useStudio();
  const set = (field: string, v: Json | undefined) => run((text) => setField(text, place, ['Choices', index, field], v));
  const whole = (v: JsonObject) => run((text) => setField(text, place, ['Choices', index], v));
  return (
    <SpaceBetween size="xs">
      {'Condition' in rule ? (
        <TextField label="Condition" help="An expression in {% %} that is true or false." value={rule.Condition} long onChange={(v) => set('Condition', v ?? '')} />
      ) : comparisonOf(rule) ? (
        <Comparison rule={rule} onChange={whole} />
      ) : (
        <JsonField label="Condition" help="And, Or and Not with rules in them." value={conditionOf(rule)} onChange={(v) => isObject(v) && whole({ ...v, ...rest(rule) })} />
      )}
      <ChoiceField label="Then" value={rule.Next} values={targets} onChange={(v) => set('Next', v)} />
      {'Comment' in rule && <TextField label="Comment" value={rule.Comment} onChange={(v) => set('Comment', v)} />}
      {'Condition' in rule || <Box fontSize="body-s" color="text-body-secondary">{comparisonOf(rule) ? '' : 'Written as JSON'}</Box>}
    </SpaceBetween>
  );
}

const kept = ['Next', 'Assign', 'Comment', 'Output'];
const rest = (rule: JsonObject) => Object.fromEntries(Object.entries(rule).filter(([k]) => kept.includes(k)));
const conditionOf = (rule: JsonObject) => Object.fromEntries(Object.entries(rule).filter(([k]) => !kept.includes(k)));
