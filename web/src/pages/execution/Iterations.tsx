import Button from '@cloudscape-design/components/button';
import Select, { type SelectProps } from '@cloudscape-design/components/select';
import { useMemo } from 'react';
import type { History, Scope, Visit } from '../../history/fold';
import { statusWord } from '../../parts/Status';
import type { Selection } from './view';

// mapOf returns the visit of the Map that the picker is for: the one that is selected, or around what is.
function mapOf(history: History, selection: Selection): Visit | undefined {
  if (selection.scope) return selection.scope.container;
  const { visit } = selection;
  if (visit?.type === 'Map' && visit.scopes.length > 0) return visit;
  for (let s: Scope | undefined = visit?.scope; s; s = s.container?.scope) if (s.kind === 'iteration') return s.container;
  return history.maps.length === 1 ? history.maps[0] : undefined;
}

const all = { value: '', label: 'All iterations' };

// Iterations picks one iteration of a Map for all views: nodes of the graph show what happened in it alone.
export function Iterations({ history, selection }: { history: History; selection: Selection }) {
  const map = mapOf(history, selection);
  const scopes = map?.scopes;
  const count = scopes?.length ?? 0;
  const options = useMemo<SelectProps.Option[]>(
    () => [all, ...(scopes ?? []).map((s) => ({ value: String(s.id), label: `Iteration ${s.index}`, labelTag: statusWord(s.status) }))],
    // A scope changes with the history: its status with it.
    [scopes, count, history.last],
  );
  if (!map || !scopes) return null;
  const chosen = selection.scope;
  const place = chosen ? scopes.indexOf(chosen) : -1;
  const failed = scopes.filter((s) => s.status === 'FAILED');
  const go = (to: Scope | undefined) => to && selection.lookAt(to);
  return (
    <div className="iterations">
      {chosen && <Button variant="icon" iconName="angle-left" ariaLabel="Iteration before" disabled={place < 1} onClick={() => go(scopes[place - 1])} />}
      <div className="iterations-picker">
      <Select
        options={options}
        selectedOption={options.find((o) => o.value === String(chosen?.id ?? '')) ?? all}
        filteringType="auto"
        virtualScroll
        ariaLabel={`Iteration of ${map.name}`}
        onChange={({ detail }) => selection.lookAt(history.scope(Number(detail.selectedOption.value)))}
      />
      </div>
      {chosen && <Button variant="icon" iconName="angle-right" ariaLabel="Next iteration" disabled={place + 1 >= count} onClick={() => go(scopes[place + 1])} />}
      {!chosen && failed.length > 0 && (
        <Button variant="inline-link" onClick={() => go(failed[0])}>
          {failed.length} failed
        </Button>
      )}
    </div>
  );
}
