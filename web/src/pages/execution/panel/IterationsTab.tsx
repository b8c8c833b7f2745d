import Button from '@cloudscape-design/components/button';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef } from 'react';
import type { Scope, Visit } from '../../../history/fold';
import { Status } from '../../../parts/Status';
import { Duration } from '../../../parts/Time';
import { scopeName } from '../rows';
import type { Selection } from '../view';

const rowHeight = 32;

// lastOf is the visit that a flow is in, or was in last: where it failed, if it did.
function lastOf(scope: Scope): Visit | undefined {
  return scope.visits.at(-1);
}

// IterationsTab lists the iterations of a Map or the branches of a Parallel. However many there are, few are in the page.
export function IterationsTab({ visit, selection }: { visit: Visit; version: number; selection: Selection }) {
  const place = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: visit.scopes.length, getScrollElement: () => place.current, estimateSize: () => rowHeight, overscan: 8 });
  const pick = (scope: Scope) => {
    if (scope.kind === 'iteration') selection.lookAt(scope);
    const last = lastOf(scope);
    if (last) selection.select(last);
  };
  return (
    <div ref={place} className="scrolls" role="region" aria-label={visit.type === 'Map' ? 'Iterations' : 'Branches'} tabIndex={0}>
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const scope = visit.scopes[index]!;
          return (
            <div key={scope.id} className="iterations-row" style={{ transform: `translateY(${start}px)`, height: rowHeight }}>
              <Button variant="inline-link" onClick={() => pick(scope)}>
                {scopeName(scope)}
              </Button>
              <Status status={scope.status} />
              <Duration from={scope.start} to={scope.stop} />
              <span className="hint">{scope.status === 'SUCCEEDED' ? '' : lastOf(scope)?.name}</span>
            </div>
          );
        })}
      </div>
    </div>
  );
}
