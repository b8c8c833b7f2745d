import Button from '@cloudscape-design/components/button';
import Input from '@cloudscape-design/components/input';
import FormField from '@cloudscape-design/components/form-field';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useEffect, useRef, useState } from 'react';
import { useView } from '../../../app/navigation';
import { fieldsOf, unknownOf } from '../../../studio/fields';
import { addBranch, setField } from '../../../studio/operations';
import { rename } from '../../../studio/rename';
import { languageAt, machineLanguage, type Place, placeOf, stateAt, type StateType, typeAt } from '../../../studio/states';
import { changeType } from '../../../studio/convertType';
import { Choose } from '../Choose';
import { useStudio } from '../context';
import { Glyph } from '../canvas/Glyph';
import { Errors } from './Errors';
import { Fields } from './Fields';
import { Processor } from './Processor';
import { Rules } from './Rules';
import { Task } from './Task';
import { Test } from '../test/Test';
import { Conversion } from './Conversion';
import { Transition } from './Transition';
import { ChoiceField, JsonField } from './values';

const types: StateType[] = ['Task', 'Choice', 'Parallel', 'Map', 'Pass', 'Wait', 'Succeed', 'Fail'];
const computing = new Set(['Task', 'Parallel', 'Map']);
const going = new Set(['Task', 'Parallel', 'Map', 'Pass', 'Wait']);

// Inspector has the forms of the selected state.
export function Inspector({ place, focusName }: { place: Place; focusName: number }) {
  const { tree } = useStudio();
  const [view, setView] = useView();
  const type = typeAt(tree, place);
  const language = languageAt(tree, place);
  const tabs = [
    { id: 'configuration', text: 'Configuration', content: <Configuration place={place} /> },
    ...(fieldsOf(type, language, 'data').length > 0 ? [{ id: 'data', text: 'Data', content: <Fields place={place} section="data" /> }] : []),
    ...(fieldsOf(type, language, 'variables').length > 0 ? [{ id: 'variables', text: 'Variables', content: <Fields place={place} section="variables" /> }] : []),
    ...(computing.has(type) ? [{ id: 'errors', text: 'Errors', content: <Errors place={place} /> }] : []),
    { id: 'test', text: 'Test', content: <Test place={place} /> },
  ];
  const active = tabs.find((t) => t.id === view.tab)?.id ?? 'configuration';
  return (
    <div className="inspector-body">
      <div className="inspector-title">
        <Glyph type={type} size={22} />
        <Name place={place} focus={focusName} key={place.pointer} />
      </div>
      <Choose label="State" tabs={tabs} active={active} panel="inspector-panel" onChange={(id) => setView({ tab: id === 'configuration' ? undefined : id })} />
      <div key={place.pointer + active} id="inspector-panel" role="tabpanel" className="panel">
        {tabs.find((t) => t.id === active)?.content}
      </div>
    </div>
  );
}

// Name renames the state when somebody leaves it or presses Enter.
function Name({ place, focus }: { place: Place; focus: number }) {
  const { run, readonly } = useStudio();
  const [name, setName] = useState(place.name);
  const input = useRef<{ focus: () => void; select: () => void }>(null);
  useEffect(() => {
    if (focus === 0) return;
    input.current?.focus();
    input.current?.select();
  }, [focus]);
  const done = () => {
    const next = name.trim();
    if (next !== place.name) run((text) => ({ text: rename(text, place, next), select: placeOf(place.scope, next).pointer }));
  };
  return (
    <div className="grow">
      <Input ref={input as never} value={name} readOnly={readonly} ariaLabel="Name of the state" onChange={({ detail }) => setName(detail.value)} onBlur={done} onKeyDown={({ detail }) => (detail.key === 'Enter' ? done() : detail.key === 'Escape' && setName(place.name))} />
    </div>
  );
}

function Configuration({ place }: { place: Place }) {
  const { tree, run, readonly } = useStudio();
  const type = typeAt(tree, place);
  const state = stateAt(tree, place);
  return (
    <SpaceBetween size="s">
      <ChoiceField label="Type" value={type} values={types} onChange={(v) => run((text) => changeType(text, place, v as StateType))} />
      {type === 'Task' && <Task place={place} />}
      {type === 'Choice' && <Rules place={place} />}
      {type === 'Map' && <Processor place={place} />}
      {type === 'Parallel' && !readonly && (
        <FormField label={`Branches (${Array.isArray(state.Branches) ? state.Branches.length : 0})`}>
          <Button iconName="add-plus" onClick={() => run((text) => addBranch(text, place))}>
            Add a branch
          </Button>
        </FormField>
      )}
      {going.has(type) && <Transition place={place} />}
      <Fields place={place} section="configuration" />
      <LanguageField place={place} />
      {unknownOf(state).map((name) => (
        <JsonField key={name} label={name} help="This field is not one of the language." value={state[name]} height="80px" onChange={(v) => run((text) => setField(text, place, [name], v))} />
      ))}
    </SpaceBetween>
  );
}

// LanguageField chooses the language of expressions of one state. A machine in JSONata has no state in JSONPath.
function LanguageField({ place }: { place: Place }) {
  const { tree, run } = useStudio();
  const machine = machineLanguage(tree);
  if (machine === 'JSONata') return null;
  return (
    <>
      <ChoiceField label="Query language" value={stateAt(tree, place).QueryLanguage} values={['JSONata', 'JSONPath']} none={`As the workflow: ${machine}`} onChange={(v) => run((text) => setField(text, place, ['QueryLanguage'], v))} />
      <Conversion place={place} />
    </>
  );
}
