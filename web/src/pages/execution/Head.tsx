import Button from '@cloudscape-design/components/button';
import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { Execution } from '../../api/model';
import { paths, useGo } from '../../app/navigation';
import { useMay } from '../../app/session';
import type { History } from '../../history/fold';
import { Arn } from '../../parts/Arn';
import { arnName, qualifierOf } from '../../parts/arn';
import { PageHead } from '../../parts/PageHead';
import { PageLink } from '../../parts/PageLink';
import { Status } from '../../parts/Status';
import { Duration, Time } from '../../parts/Time';

export type Action = 'start' | 'stop' | 'redrive' | 'fork';

interface Props {
  execution: Execution;
  history: History;
  onAction: (action: Action) => void;
}

// download gives a text to the browser as a file.
function download(name: string, text: string, type = 'application/json'): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const a = Object.assign(document.createElement('a'), { href: url, download: name });
  a.click();
  URL.revokeObjectURL(url);
}

function Actions({ execution, history, onAction }: Props) {
  const go = useGo();
  const operator = useMay('operator');
  const editor = useMay('editor');
  const arn = encodeURIComponent(execution.arn);
  const more = (id: string) => {
    if (id === 'json') download(`${execution.name}.json`, JSON.stringify({ ...execution, events: history.events }, null, 2));
    if (id === 'svg') window.open(`/api/execution/graph.svg?arn=${arn}&status=1`, '_blank', 'noopener');
    if (id === 'html') window.open(`/api/execution/report?arn=${arn}`, '_blank', 'noopener');
    if (id === 'compare') go(`/compare?${new URLSearchParams({ a: execution.arn })}`);
    if (id === 'edit') go(paths.edit(execution.machine));
    if (id === 'fork') onAction('fork');
  };
  return (
    <SpaceBetween direction="horizontal" size="xs">
      {operator && execution.status === 'RUNNING' && <Button onClick={() => onAction('stop')}>Stop</Button>}
      {operator && execution.redriveStatus === 'REDRIVABLE' && <Button onClick={() => onAction('redrive')}>Redrive</Button>}
      {operator && <Button onClick={() => onAction('start')}>New execution</Button>}
      <ButtonDropdown
        ariaLabel="More actions"
        items={[
          { id: 'fork', text: 'Run again from…', disabled: !operator || !!execution.mapRun },
          { id: 'compare', text: 'Compare with another' },
          { id: 'edit', text: 'Edit the state machine', disabled: !editor },
          { id: 'export', text: 'Export', items: [{ id: 'json', text: 'JSON' }, { id: 'svg', text: 'Picture (SVG)' }, { id: 'html', text: 'Report (HTML)' }] },
        ]}
        onItemClick={({ detail }) => more(detail.id)}
      >
        More
      </ButtonDropdown>
    </SpaceBetween>
  );
}

// Head says what the execution is, and offers what can be done with it.
export function Head(props: Props) {
  const { execution, history } = props;
  const qualifier = qualifierOf(execution.alias ?? execution.version ?? '');
  const transitions = history.visits.length;
  return (
    <SpaceBetween size="s">
      <PageHead
        title={execution.name}
        path={[
          ['State machines', '/machines'],
          [execution.machineName, paths.machine(execution.machine)],
        ]}
        actions={<Actions {...props} />}
        description={<Arn arn={execution.arn} />}
      />
      <KeyValuePairs
        columns={4}
        items={[
          { label: 'Status', value: <Status status={execution.status} /> },
          { label: 'Started', value: <Time at={execution.start} /> },
          { label: 'Duration', value: <Duration from={execution.start} to={execution.stop} /> },
          { label: 'Transitions', value: `${transitions.toLocaleString('en')} (${history.last.toLocaleString('en')} events)` },
          {
            label: 'State machine',
            value: (
              <>
                <PageLink to={paths.machine(execution.machine)}>{execution.machineName}</PageLink>
                {qualifier && ` : ${qualifier}`}
                {execution.changed && (
                  <>
                    {' · '}
                    <PageLink to={`/machines/${encodeURIComponent(execution.machine)}/diff?${new URLSearchParams({ a: execution.arn, b: execution.machine })}`}>changed since</PageLink>
                  </>
                )}
              </>
            ),
          },
          ...(execution.redrives ? [{ label: 'Redrives', value: String(execution.redrives) }] : []),
          ...(execution.parent ? [{ label: 'Started by', value: <PageLink to={paths.execution(execution.parent)}>{arnName(execution.parent)}</PageLink> }] : []),
          ...(execution.forkOf
            ? [{ label: 'Runs again', value: <><PageLink to={paths.execution(execution.forkOf.arn)}>{arnName(execution.forkOf.arn)}</PageLink> from {execution.forkOf.state}</> }]
            : []),
          ...(execution.forks?.length
            ? [{ label: 'Run again as', value: <>{execution.forks.map((f) => <PageLink key={f.arn} to={paths.execution(f.arn)}>{f.name}</PageLink>)}</> }]
            : []),
          ...(execution.mapRuns?.length
            ? [{ label: 'Map Runs', value: <>{execution.mapRuns.map((m) => <div key={m.arn}><PageLink to={paths.mapRun(m.arn)}>{m.state}</PageLink></div>)}</> }]
            : []),
          ...(execution.traceHeader ? [{ label: 'Trace', value: execution.traceHeader }] : []),
        ]}
      />
    </SpaceBetween>
  );
}
