import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import type { Visit } from '../../history/fold';
import { Status } from '../../parts/Status';
import { formatDuration } from '../../parts/time';
import type { Difference, Row } from './align';

const rowHeight = 36;
const mostHeight = 520;

const tags: Record<Exclude<Difference, 'missing'>, string> = { input: 'input', status: 'status', error: 'error', output: 'output' };

// tagOf names what differs in a row, or the run that alone entered the state.
const tagOf = (difference: Difference, row: Row) => (difference === 'missing' ? `only in ${row.a ? 'A' : 'B'}` : tags[difference]);

interface Props {
  rows: Row[];
  differences: ReadonlyMap<string, Difference | undefined>;
  first?: Row;
  selected?: Row;
  onSelect: (row: Row | undefined) => void;
}

function Side({ visit }: { visit?: Visit }) {
  return (
    <>
      <span>{visit ? <Status status={visit.status} /> : <span className="hint">not entered</span>}</span>
      <span className="is-number">{visit?.stop === undefined ? '' : formatDuration(visit.stop - visit.start)}</span>
    </>
  );
}

// longer is how much longer a state took in the second run.
function longer({ a, b }: Row): string {
  if (a?.stop === undefined || b?.stop === undefined) return '';
  const ms = b.stop - b.start - (a.stop - a.start);
  return ms === 0 ? '' : `${ms > 0 ? '+' : '−'}${formatDuration(Math.abs(ms))}`;
}

// RunTable shows the states of two runs side by side; however many there are, few are in the page.
export function RunTable({ rows, differences, first, selected, onSelect }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => place.current, estimateSize: () => rowHeight, overscan: 10 });
  const at = selected ? rows.indexOf(selected) : -1;
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at, { align: 'auto' });
    // Only when another row is selected: people scroll, too.
  }, [at, virtual]);
  return (
    <div ref={place} className="compare" role="table" aria-label="States of both executions" aria-rowcount={rows.length} tabIndex={0} style={{ maxHeight: mostHeight }}>
      <div className="compare-row is-head" role="row">
        {['State', 'A', '', 'B', '', 'B − A', 'Difference'].map((head, i) => (
          <span key={i} role="columnheader">
            {head}
          </span>
        ))}
      </div>
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }} role="rowgroup">
        {virtual.getVirtualItems().map(({ index, start }) => {
          const row = rows[index]!;
          const difference = differences.get(row.key);
          const classes = ['compare-row', difference && 'is-different', row === first && 'is-first', row === selected && 'is-selected'].filter(Boolean).join(' ');
          return (
            <div key={row.key} role="row" aria-rowindex={index + 1} className={classes} style={{ position: 'absolute', insetInline: 0, transform: `translateY(${start}px)`, height: rowHeight }}>
              <span role="cell" style={{ paddingInlineStart: row.depth * 16 }}>
                <button type="button" className="linked" onClick={() => onSelect(row === selected ? undefined : row)}>
                  {(row.a ?? row.b)!.name}
                </button>
              </span>
              <Side visit={row.a} />
              <Side visit={row.b} />
              <span className="is-number">{longer(row)}</span>
              <span role="cell">
                {difference && tagOf(difference, row)}
                {row === first && ' · first'}
              </span>
            </div>
          );
        })}
      </div>
    </div>
  );
}
