import Container from '@cloudscape-design/components/container';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import { lazy, Suspense, useMemo, useState } from 'react';
import Spinner from '@cloudscape-design/components/spinner';
import type { Execution } from '../../api/model';
import { EventsView } from './EventsView';
import { Iterations } from './Iterations';
import { closedAtFirst } from './rows';
import { Scrubber } from './Scrubber';
import { StatesView } from './StatesView';
import type { Loaded } from './useExecution';
import { useHeight } from './useHeight';
import { type Selection, type Tab, tabs } from './view';
import { WaterfallView } from './WaterfallView';

const GraphView = lazy(() => import('./GraphView').then((m) => ({ default: m.GraphView })));
const DataView = lazy(() => import('./data/DataView').then((m) => ({ default: m.DataView })));

const words: Record<Tab, string> = { graph: 'Graph', states: 'States', waterfall: 'Waterfall', events: 'Events', data: 'Data' };

interface Props {
  execution: Execution;
  loaded: Loaded;
  selection: Selection;
}

// Views are the five ways to look at what happened, and the position in time that they share.
export function Views({ execution, loaded, selection }: Props) {
  const height = useHeight();
  const { history } = loaded;
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const closed = useMemo(() => closedAtFirst(history, toggled), [history, loaded.version, toggled]);
  const toggle = (key: string) => setToggled((old) => new Set(old.has(key) ? [...old].filter((k) => k !== key) : [...old, key]));
  const shared = { loaded, selection, height };
  return (
    <Container disableContentPaddings>
      <div className="views-bar">
        <SegmentedControl
          label="View"
          selectedId={selection.tab}
          options={tabs.map((id) => ({ id, text: words[id] }))}
          onChange={({ detail }) => selection.setTab(detail.selectedId as Tab)}
        />
        <Iterations history={history} selection={selection} />
      </div>
      <div className={`views-body is-${selection.tab}`}>
        <Suspense fallback={<div className="waits" style={{ height }}><Spinner size="large" /></div>}>
          {selection.tab === 'graph' && <GraphView {...shared} execution={execution} />}
          {selection.tab === 'states' && <StatesView {...shared} closed={closed} onToggle={toggle} />}
          {selection.tab === 'waterfall' && <WaterfallView {...shared} closed={closed} onToggle={toggle} />}
          {selection.tab === 'events' && <EventsView {...shared} arn={execution.arn} />}
          {selection.tab === 'data' && <DataView {...shared} arn={execution.arn} />}
        </Suspense>
      </div>
      <Scrubber loaded={loaded} selection={selection} running={execution.status === 'RUNNING'} />
    </Container>
  );
}
