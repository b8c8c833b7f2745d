import Button from '@cloudscape-design/components/button';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef } from 'react';
import { doingAt } from '../../history/at';
import type { Visit } from '../../history/fold';
import { Status } from '../../parts/Status';
import { formatBytes, formatDuration, formatTime } from '../../parts/time';
import { rowsOf, scopeName, type Row, upTo } from './rows';
import type { Loaded } from './useExecution';
import type { Selection } from './view';

export const rowHeight = 36;

interface Props {
  loaded: Loaded;
  selection: Selection;
  closed: ReadonlySet<string>;
  onToggle: (key: string) => void;
  height: number;
}

function sizes(visit: Visit): string {
  return `${formatBytes(visit.inputBytes)} → ${visit.exited ? formatBytes(visit.outputBytes) : '–'}`;
}

function Cells({ row, at, from, onToggle, onSelect }: { row: Row; at: number; from: number; onToggle: () => void; onSelect: () => void }) {
  const visit = row.kind === 'visit' ? row.visit : undefined;
  const { start, stop, end } = visit ?? (row as Extract<Row, { kind: 'scope' }>).scope;
  const status = visit ? doingAt(visit, at)! : end !== undefined && end <= at ? (row as Extract<Row, { kind: 'scope' }>).scope.status : 'RUNNING';
  const name = visit ? visit.name : scopeName((row as Extract<Row, { kind: 'scope' }>).scope);
  return (
    <>
      <td style={{ paddingInlineStart: 8 + row.depth * 18 }}>
        {row.open !== undefined ? (
          <Button variant="inline-icon" iconName={row.open ? 'caret-down-filled' : 'caret-right-filled'} ariaLabel={`${row.open ? 'Close' : 'Open'} ${name}`} onClick={onToggle} />
        ) : (
          <span className="no-caret" />
        )}
        {visit ? (
          <button type="button" className="linked" onClick={onSelect}>
            {name}
          </button>
        ) : (
          name
        )}
      </td>
      <td>{visit?.type}</td>
      <td>
        <Status status={status} />
      </td>
      <td>{visit && visit.attempts.length > 0 ? visit.attempts.filter((a) => a.event <= at).length : ''}</td>
      <td>
        <span className="nowrap" title={formatTime(start)}>
          +{formatDuration(start - from)}
        </span>
      </td>
      <td className="nowrap">{stop !== undefined && end !== undefined && end <= at ? formatDuration(stop - start) : ''}</td>
      <td className="nowrap">{visit ? sizes(visit) : ''}</td>
      <td>{visit?.error ?? ''}</td>
    </>
  );
}

// StatesView is the graph in words: every visit of a state, with the iterations and branches that it was in.
export function StatesView({ loaded, selection, closed, onToggle, height }: Props) {
  const { history, version } = loaded;
  const all = useMemo(() => rowsOf(history, closed, selection.scope), [history, version, closed, selection.scope]);
  const rows = selection.live ? all : upTo(all, selection.at);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => rowHeight, overscan: 12 });
  const items = virtual.getVirtualItems();
  const before = items[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    <div ref={scroller} tabIndex={0} role="region" aria-label="States" style={{ height, overflow: 'auto' }}>
      <table className="grid" aria-rowcount={rows.length + 1}>
        <thead>
          <tr>
            {['State', 'Type', 'Status', 'Attempts', 'Entered', 'Duration', 'Input → output', 'Error'].map((h) => (
              <th key={h} scope="col">
                {h}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {before > 0 && <tr style={{ height: before }} />}
          {items.map(({ index }) => {
            const row = rows[index]!;
            const selected = row.kind === 'visit' && row.visit === selection.visit;
            return (
              <tr key={row.key} aria-rowindex={index + 2} style={{ height: rowHeight }} className={selected ? 'is-selected' : undefined}>
                <Cells row={row} at={selection.at} from={history.top.start} onToggle={() => onToggle(row.key)} onSelect={() => row.kind === 'visit' && selection.select(row.visit)} />
              </tr>
            );
          })}
          {after > 0 && <tr style={{ height: after }} />}
        </tbody>
      </table>
    </div>
  );
}
