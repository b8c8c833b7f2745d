import Button from '@cloudscape-design/components/button';
import type { History, Visit } from '../../../history/fold';
import { formatDuration } from '../../../parts/time';
import type { Selection } from '../view';

const most = 200;

// EventsTab lists the events of a visit; each leads to where it stands among all.
export function EventsTab({ visit, history, selection }: { visit: Visit; history: History; selection: Selection }) {
  const ids = visit.events.slice(0, most);
  return (
    <div className="scrolls" role="region" aria-label="Events of the state" tabIndex={0}>
      <table className="grid">
        <tbody>
          {ids.map((id) => {
            const e = history.event(id)!;
            return (
              <tr key={id} className={id === selection.at && !selection.live ? 'is-selected' : undefined}>
                <td>
                  <Button variant="inline-link" onClick={() => selection.openEvent(id)} ariaLabel={`Event ${id}`}>
                    #{id}
                  </Button>
                </td>
                <td>{e.type}</td>
                <td>+{formatDuration(e.at - visit.start)}</td>
                <td>{e.error}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {visit.events.length > most && <p className="hint">and {visit.events.length - most} more, in the view Events</p>}
    </div>
  );
}
