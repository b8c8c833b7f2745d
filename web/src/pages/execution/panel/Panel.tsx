import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Tabs from '@cloudscape-design/components/tabs';
import { memo } from 'react';
import type { Execution } from '../../../api/model';
import { useView } from '../../../app/navigation';
import { useMay } from '../../../app/session';
import { doingAt } from '../../../history/at';
import type { Visit } from '../../../history/fold';
import { Status } from '../../../parts/Status';
import type { Action } from '../Actions';
import { canFork } from '../allowed';
import type { Loaded } from '../useExecution';
import type { Selection } from '../view';
import { AttemptsTab } from './AttemptsTab';
import { DefinitionTab } from './DefinitionTab';
import { EventsTab } from './EventsTab';
import { InputTab, OutputTab } from './StagesTabs';
import { IterationsTab } from './IterationsTab';
import { Payload } from './Payload';
import { VariablesTab } from './VariablesTab';
import { Where } from './Where';

interface Props {
  execution: Execution;
  loaded: Loaded;
  selection: Selection;
  onAction: (action: Action) => void;
}

// Panel tells what is known of the selected visit of a state or, when none is selected, of the whole execution.
function PanelView({ execution, loaded, selection, onAction }: Props) {
  const [view, setView] = useView();
  const { visit, state } = selection;
  const operates = useMay('operator');
  const tabs = visit ? visitTabs(execution, loaded, selection, visit) : state ? [definitionTab(execution, state)] : wholeTabs(execution);
  const shown = tabs.some((t) => t.id === view.tab) ? view.tab! : tabs[0]!.id;
  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={
            <SpaceBetween direction="horizontal" size="xxs">
              {visit && operates && canFork(execution) && (
                <Button variant="icon" iconName="redo" ariaLabel={`Run again from ${visit.name}`} onClick={() => onAction('fork')} />
              )}
              {(visit || state) && <Button variant="icon" iconName="close" ariaLabel="Close the state" onClick={() => selection.select(undefined)} />}
            </SpaceBetween>
          }
          info={visit && <Status status={doingAt(visit, selection.at) ?? 'PENDING'} />}
        >
          {visit?.name ?? state ?? 'Execution'}
        </Header>
      }
    >
      <div className="panel">
        {visit && <Where visit={visit} history={loaded.history} selection={selection} />}
        {!visit && state && <p>This state has not been entered.</p>}
        <Tabs ariaLabel={visit?.name ?? state ?? 'Execution'} tabs={tabs} activeTabId={shown} onChange={({ detail }) => setView({ tab: detail.activeTabId === tabs[0]!.id ? undefined : detail.activeTabId })} />
      </div>
    </Container>
  );
}

// Panel is drawn anew when what it tells of has changed, not each time that the position has.
export const Panel = memo(PanelView, (a, b) => {
  const [x, y] = [a.selection, b.selection];
  const status = ({ visit, at }: Selection) => visit && doingAt(visit, at);
  return a.execution === b.execution && a.loaded === b.loaded && x.visit === y.visit && x.state === y.state && x.scope === y.scope && status(x) === status(y);
});

function definitionTab(execution: Execution, state: string) {
  return { id: 'definition', label: 'Definition', content: <DefinitionTab definition={execution.definition} state={state} /> };
}

function wholeTabs(x: Execution) {
  return [
    { id: 'input', label: 'Input', content: <Payload label="Input of the execution" text={x.input} /> },
    {
      id: 'output',
      label: 'Output',
      content: x.status === 'SUCCEEDED' ? <Payload label="Output of the execution" text={x.output} /> : <p>{x.status === 'RUNNING' ? 'It runs still.' : 'It did not succeed, so it has no output.'}</p>,
    },
    { id: 'definition', label: 'Definition', content: <DefinitionTab definition={x.definition} /> },
  ];
}

function visitTabs(x: Execution, loaded: Loaded, selection: Selection, visit: Visit) {
  const shared = { arn: x.arn, visit };
  return [
    { id: 'input', label: 'Input', content: <InputTab {...shared} /> },
    { id: 'output', label: 'Output', content: <OutputTab {...shared} /> },
    ...(visit.scopes.length > 0 ? [{ id: 'inside', label: visit.type === 'Map' ? 'Iterations' : 'Branches', content: <IterationsTab visit={visit} version={loaded.version} selection={selection} /> }] : []),
    { id: 'variables', label: 'Variables', content: <VariablesTab {...shared} /> },
    definitionTab(x, visit.name),
    ...(visit.attempts.length > 0 ? [{ id: 'attempts', label: `Attempts (${visit.attempts.length})`, content: <AttemptsTab visit={visit} selection={selection} /> }] : []),
    { id: 'events', label: `Events (${visit.events.length})`, content: <EventsTab visit={visit} history={loaded.history} selection={selection} /> },
  ];
}
