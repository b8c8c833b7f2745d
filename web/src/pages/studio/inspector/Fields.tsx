import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { type FieldSpec, fieldsOf, type Section } from '../../../studio/fields';
import type { Json } from '../../../studio/document';
import { setField } from '../../../studio/operations';
import { languageAt, stateAt, typeAt, type Place } from '../../../studio/states';
import { useStudio } from '../context';
import { ChoiceField, ExpressionField, JsonField, NumberField, PathField, TextField } from './values';

// few is how many fields a section shows without being asked for those that are not set.
const few = 6;

// Fields shows those of a section that the state has, and offers the others.
export function Fields({ place, section }: { place: Place; section: Section }) {
  const { tree, run, readonly } = useStudio();
  const state = stateAt(tree, place);
  const specs = fieldsOf(typeAt(tree, place), languageAt(tree, place), section);
  const shown = specs.filter((f, i) => f.name in state || i < few || f.kind === 'json');
  const rest = specs.filter((f) => !shown.includes(f));
  return (
    <SpaceBetween size="s">
      {shown.map((f) => (
        <Field key={f.name} spec={f} value={state[f.name]} onChange={(v) => run((text) => setField(text, place, [f.name], v))} />
      ))}
      {rest.length > 0 && !readonly && (
        <details>
          <summary>More fields</summary>
          <SpaceBetween size="s">
            {rest.map((f) => (
              <Field key={f.name} spec={f} value={undefined} onChange={(v) => run((text) => setField(text, place, [f.name], v))} />
            ))}
          </SpaceBetween>
        </details>
      )}
    </SpaceBetween>
  );
}

function Field({ spec, value, onChange }: { spec: FieldSpec; value: Json | undefined; onChange: (v: Json | undefined) => void }) {
  const props = { label: spec.label, help: spec.help, value, onChange };
  switch (spec.kind) {
    case 'text':
      return <TextField {...props} />;
    case 'long':
      return <TextField {...props} long />;
    case 'number':
      return <NumberField {...props} />;
    case 'path':
      return <PathField {...props} />;
    case 'choice':
      return <ChoiceField {...props} values={spec.values ?? []} none="–" />;
    case 'expression':
      return <ExpressionField {...props} />;
    case 'json':
      return <JsonOrNothing {...props} />;
  }
}

// JsonOrNothing keeps a form short: a value that is not there is a button.
function JsonOrNothing(props: { label: string; help: string; value: Json | undefined; onChange: (v: Json | undefined) => void }) {
  const { readonly } = useStudio();
  if (props.value !== undefined) return <JsonField {...props} />;
  if (readonly) return null;
  return (
    <Button iconName="add-plus" variant="inline-link" ariaLabel={`Add ${props.label}`} onClick={() => props.onChange(props.label === 'Output' ? '{% $states.result %}' : {})}>
      {props.label}
    </Button>
  );
}
