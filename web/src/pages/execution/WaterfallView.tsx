import Button from '@cloudscape-design/components/button';
import Checkbox from '@cloudscape-design/components/checkbox';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type CSSProperties, useMemo, useRef, useState } from 'react';
import { useView } from '../../app/navigation';
import { colours } from '../../graph/colours';
import type { History, Visit } from '../../history/fold';
import { statusWord } from '../../parts/Status';
import { formatDuration } from '../../parts/time';
import { rowsOf, scopeName, type Row, upTo } from './rows';
import { type Scale, scaleOf, type Span } from './scale';
import { rowHeight } from './StatesView';
import type { Loaded } from './useExecution';
import type { Selection } from './view';


interface Props {
  loaded: Loaded;
  selection: Selection;
  closed: ReadonlySet<string>;
  onToggle: (key: string) => void;
  height: number;
}

// busyOf returns when something happened: tries of tasks, and what is shorter than a second.
function busyOf(history: History): Span[] {
  const spans: Span[] = [];
  for (const e of history.events) spans.push({ start: e.at - 1, stop: e.at + 1 });
  for (const v of history.visits) for (const a of v.attempts) if (a.stop !== undefined) spans.push({ start: a.start, stop: a.stop });
  return spans;
}

function Bars({ visit, scale, now }: { visit: Visit; scale: Scale; now: number }) {
  const left = scale.place(visit.start);
  const right = scale.place(visit.stop ?? now);
  const percent = (n: number) => `${(n * 100).toFixed(3)}%`;
  return (
    <>
      <span className={`bar status-${visit.status}`} style={{ left: percent(left), width: `max(3px, ${percent(right - left)})` }} />
      {visit.attempts.map((a) => {
        const from = scale.place(a.start);
        const to = scale.place(a.stop ?? visit.stop ?? now);
        const look = a.error !== undefined ? 'FAILED' : a.aborted ? 'ABORTED' : a.stop === undefined ? 'RUNNING' : 'SUCCEEDED';
        return <span key={a.event} className={`bar try status-${look}`} style={{ left: percent(from), width: `max(3px, ${percent(to - from)})` }} />;
      })}
    </>
  );
}

// tookAt is where a bar tells how long it is: after it, before it, or in it where neither has room.
function tookAt(left: number, right: number): CSSProperties {
  if (right < 0.8) return { left: `${right * 100}%` };
  if (left > 0.25) return { right: `${(1 - left) * 100}%` };
  return { right: `${(1 - right) * 100}%`, color: 'var(--text)' };
}

function Line({ row, scale, now, selected, onToggle, onSelect }: { row: Row; scale: Scale; now: number; selected: boolean; onToggle: () => void; onSelect: () => void }) {
  const thing = row.kind === 'visit' ? row.visit : row.scope;
  const name = row.kind === 'visit' ? row.visit.name : scopeName(row.scope);
  const took = formatDuration((thing.stop ?? now) - thing.start);
  const tries = row.kind === 'visit' && row.visit.attempts.length > 1 ? `, ${row.visit.attempts.length} attempts` : '';
  return (
    <>
      <span className="waterfall-name" style={{ width: 'var(--names)', paddingInlineStart: 8 + row.depth * 14 }}>
        {row.open === undefined ? (
          <span className="no-caret" />
        ) : (
          <Button variant="inline-icon" iconName={row.open ? 'caret-down-filled' : 'caret-right-filled'} ariaLabel={`${row.open ? 'Close' : 'Open'} ${name}`} onClick={onToggle} />
        )}
        <button type="button" className={selected ? 'is-selected' : undefined} onClick={row.kind === 'visit' ? onSelect : onToggle} title={name}>
          {name}
        </button>
      </span>
      <button type="button" className="waterfall-track" onClick={row.kind === 'visit' ? onSelect : onToggle} aria-label={`${name}: ${statusWord(thing.status)}, ${took}${tries}`}>
        {row.kind === 'visit' ? (
          <Bars visit={row.visit} scale={scale} now={now} />
        ) : (
          <span className={`bar scope status-${row.scope.status}`} style={{ left: `${scale.place(row.scope.start) * 100}%`, width: `max(3px, ${(scale.place(row.scope.stop ?? now) - scale.place(row.scope.start)) * 100}%)` }} />
        )}
        <span className="waterfall-took" style={tookAt(scale.place(thing.start), scale.place(thing.stop ?? now))}>
          {took}
          {tries}
        </span>
      </button>
    </>
  );
}

// WaterfallView shows when each visit was, with its tries; what lies idle for long is cut out.
export function WaterfallView({ loaded, selection, closed, onToggle, height }: Props) {
  const { history, version } = loaded;
  const [view, setView] = useView();
  const fold = view.idle !== 'shown';
  const [zoom, setZoom] = useState<Span>();
  const drag = useRef<number>(undefined);
  const all = useMemo(() => rowsOf(history, closed, selection.scope), [history, version, closed, selection.scope]);
  const rows = selection.live ? all : upTo(all, selection.at);
  const now = history.event(history.last)?.at ?? 0;
  const scale = useMemo(() => {
    const { start, stop } = zoom ?? { start: history.top.start, stop: history.top.stop ?? now };
    return scaleOf(start, stop, busyOf(history), fold && !zoom);
  }, [history, version, fold, now, zoom]);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => rowHeight, overscan: 12 });
  const timeAt = (x: number, box: DOMRect): number => {
    const f = (x - box.left) / box.width;
    let [low, high] = [zoom?.start ?? history.top.start, zoom?.stop ?? history.top.stop ?? now];
    for (let i = 0; i < 40; i++) {
      const middle = (low + high) / 2;
      if (scale.place(middle) < f) low = middle;
      else high = middle;
    }
    return low;
  };
  return (
    <SpaceBetween size="xs">
      <SpaceBetween direction="horizontal" size="m" alignItems="center">
        <Checkbox checked={fold} onChange={({ detail }) => setView({ idle: detail.checked ? undefined : 'shown' })}>
          Cut idle time out
        </Checkbox>
        {zoom ? <Button onClick={() => setZoom(undefined)}>Whole time</Button> : <span className="hint">Drag over the ruler to look closer.</span>}
      </SpaceBetween>
      <div ref={scroller} className="waterfall" tabIndex={0} role="region" aria-label="Waterfall" style={{ ...colours, height: height - 44 }}>
        <div
          className="waterfall-ruler"
          style={{ marginInlineStart: 'var(--names)' }}
          onPointerDown={(e) => (drag.current = timeAt(e.clientX, e.currentTarget.getBoundingClientRect()))}
          onPointerUp={(e) => {
            const to = timeAt(e.clientX, e.currentTarget.getBoundingClientRect());
            const from = drag.current ?? to;
            drag.current = undefined;
            if (Math.abs(to - from) > 1) setZoom({ start: Math.min(from, to), stop: Math.max(from, to) });
          }}
        >
          <span style={{ left: 0 }}>{zoom ? `+${formatDuration(zoom.start - history.top.start)}` : '0'}</span>
          {scale.gaps.map((g) => (
            <span key={g.from} className="gap" style={{ left: `${g.at * 100}%` }} title={`${formatDuration(g.to - g.from)} in which nothing happened`}>
              ⋯ {formatDuration(g.to - g.from)}
            </span>
          ))}
          <span style={{ right: 0 }}>+{formatDuration((zoom?.stop ?? history.top.stop ?? now) - history.top.start)}</span>
        </div>
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const row = rows[index]!;
            return (
              <div key={row.key} className="waterfall-row" style={{ transform: `translateY(${start}px)`, height: rowHeight }}>
                <Line
                  row={row}
                  scale={scale}
                  now={now}
                  selected={row.kind === 'visit' && row.visit === selection.visit}
                  onToggle={() => row.open !== undefined && onToggle(row.key)}
                  onSelect={() => row.kind === 'visit' && selection.select(row.visit)}
                />
              </div>
            );
          })}
        </div>
      </div>
    </SpaceBetween>
  );
}
