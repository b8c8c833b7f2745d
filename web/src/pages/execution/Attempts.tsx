import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Table from '@cloudscape-design/components/table';
import type { History, Visit } from '../../history/fold';
import { formatDuration } from '../../parts/time';

interface Props {
  visit: Visit;
  history: History;
  onEvent: (id: number) => void;
  all?: boolean; // all events in place of the attempts
}

const most = 200;

// Attempts lists the tries of a visit, or all of its events; each leads to its event.
export function Attempts({ visit, history, onEvent, all }: Props) {
  if (all) {
    return (
      <Table
        variant="embedded"
        items={visit.events.slice(0, most).map((id) => history.event(id)!)}
        columnDefinitions={[
          { id: 'id', header: 'Event', cell: (e) => <Button variant="inline-link" onClick={() => onEvent(e.id)}>{`${e.id}`}</Button> },
          { id: 'type', header: 'Type', cell: (e) => e.type },
          { id: 'at', header: 'After', cell: (e) => `+${formatDuration(e.at - visit.start)}` },
        ]}
        ariaLabels={{ tableLabel: 'Events of the state' }}
        footer={visit.events.length > most ? `The first ${most} of ${visit.events.length}; the view Events has all.` : undefined}
      />
    );
  }
  if (visit.attempts.length === 0) return <Box color="text-body-secondary">This state calls nothing.</Box>;
  return (
    <Table
      variant="embedded"
      items={visit.attempts.map((a, i) => ({ ...a, number: i + 1, wait: i === 0 ? undefined : a.start - (visit.attempts[i - 1]!.stop ?? a.start) }))}
      columnDefinitions={[
        { id: 'n', header: 'Attempt', cell: (a) => <Button variant="inline-link" onClick={() => onEvent(a.event)}>{`${a.number}`}</Button> },
        { id: 'wait', header: 'Waited', cell: (a) => (a.wait === undefined ? '' : formatDuration(a.wait)) },
        { id: 'took', header: 'Took', cell: (a) => (a.stop === undefined ? 'under way' : formatDuration(a.stop - a.start)) },
        { id: 'error', header: 'Error', cell: (a) => <span title={a.cause}>{a.error ?? ''}</span> },
      ]}
      ariaLabels={{ tableLabel: 'Attempts' }}
    />
  );
}
