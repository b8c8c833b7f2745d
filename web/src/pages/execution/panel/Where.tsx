import Button from '@cloudscape-design/components/button';
import { paths } from '../../../app/navigation';
import { type History, pathOf, type Visit } from '../../../history/fold';
import { arnName, machineName } from '../../../parts/arn';
import { PageLink } from '../../../parts/PageLink';
import { Duration, Time } from '../../../parts/Time';
import { scopeName } from '../rows';
import type { Selection } from '../view';

// Where tells which visit of the state is shown, what it is in, when it was, and what else it led to.
export function Where({ visit, history, selection }: { visit: Visit; history: History; selection: Selection }) {
  const all = history.visitsOf(visit.name, selection.counts);
  const place = all.indexOf(visit);
  return (
    <div className="where">
      <div>
        {visit.type}
        {visit.resource && <span className="mono"> {visit.resource}</span>}
      </div>
      {pathOf(visit).map((s) => (
        <span key={s.id}>
          in{' '}
          <Button variant="inline-link" onClick={() => s.container && selection.select(s.container)}>
            {s.container?.name}
          </Button>
          , {scopeName(s).toLowerCase()}
        </span>
      ))}
      <div>
        <Time at={visit.start} /> · <Duration from={visit.start} to={visit.stop} />
      </div>
      {all.length > 1 && (
        <div className="where-visits">
          <Button variant="inline-icon" iconName="angle-left" ariaLabel="Visit before" disabled={place < 1} onClick={() => selection.select(all[place - 1])} />
          visit {(place + 1).toLocaleString('en')} of {all.length.toLocaleString('en')}
          <Button variant="inline-icon" iconName="angle-right" ariaLabel="Next visit" disabled={place + 1 >= all.length} onClick={() => selection.select(all[place + 1])} />
        </div>
      )}
      {visit.mapRun && <PageLink to={paths.mapRun(visit.mapRun)}>Map Run {arnName(visit.mapRun)}</PageLink>}
      {visit.child && (
        <PageLink to={paths.execution(visit.child)}>
          Execution {machineName(visit.child)} / {arnName(visit.child)}
        </PageLink>
      )}
    </div>
  );
}
