import Button from '@cloudscape-design/components/button';
import Multiselect, { type MultiselectProps } from '@cloudscape-design/components/multiselect';
import SpaceBetween from '@cloudscape-design/components/space-between';
import TextFilter from '@cloudscape-design/components/text-filter';
import { useQuery } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef } from 'react';
import { get } from '../../api/client';
import type { Event, EventDetail } from '../../api/model';
import { useView } from '../../app/navigation';
import { Code } from '../../parts/Code';
import { ErrorAlert } from '../../parts/ErrorAlert';
import { formatDuration } from '../../parts/time';
import { eventText } from './eventText';
import type { Loaded } from './useExecution';
import type { Selection } from './view';

const rowHeight = 37;
const openHeight = 320;

// groups are what events are about.
const groups: Record<string, RegExp> = {
  Execution: /^Execution/,
  States: /State(Entered|Exited|Started|Succeeded|Failed|Aborted)$/,
  Tasks: /^(Task|Activity|LambdaFunction)(?!State)/,
  Maps: /^Map(Iteration|Run)/,
  Failures: /(Failed|TimedOut|Aborted)$/,
};

export function groupMatches(event: Event, chosen: string[]): boolean {
  return chosen.length === 0 || chosen.some((g) => groups[g]?.test(event.type));
}

function describe(e: Event): string {
  const parts = [e.name, e.resource, e.index !== undefined ? `iteration ${e.index}` : undefined, e.error, e.cause].filter(Boolean);
  return parts.join(' · ');
}

function Detail({ arn, id }: { arn: string; id: number }) {
  const { data, error } = useQuery({ queryKey: ['event', arn, id], queryFn: ({ signal }) => get<EventDetail>('execution/event', { arn, id }, signal), staleTime: Infinity });
  if (error) return <ErrorAlert error={error} />;
  return <Code language="json" label={`Event ${id}`} height={`${openHeight - 20}px`} value={data ? eventText(data.event) : ''} />;
}

interface Props {
  arn: string;
  loaded: Loaded;
  selection: Selection;
  height: number;
}

// EventsView lists the events; what is in one is read when it is opened.
export function EventsView({ arn, loaded, selection, height }: Props) {
  const { history, version } = loaded;
  const [view, setView] = useView();
  const chosen = useMemo(() => (view.groups ? view.groups.split(',') : []), [view.groups]);
  const text = (view.find ?? '').toLowerCase();
  const open = selection.event;
  const matching = useMemo(
    () => history.events.filter((e) => groupMatches(e, chosen) && (!text || `${e.id} ${e.type} ${describe(e)}`.toLowerCase().includes(text))),
    [history, version, chosen, text],
  );
  const events = selection.live ? matching : matching.filter((e) => e.id <= selection.at);
  const scroller = useRef<HTMLDivElement>(null);
  const openIndex = open === undefined ? -1 : events.findIndex((e) => e.id === open);
  const virtual = useVirtualizer({
    count: events.length,
    getScrollElement: () => scroller.current,
    estimateSize: (i) => (i === openIndex ? rowHeight + openHeight : rowHeight),
    getItemKey: (i) => `${events[i]!.id}${i === openIndex ? 'o' : ''}`,
    overscan: 12,
  });
  useEffect(() => {
    if (openIndex >= 0) virtual.scrollToIndex(openIndex, { align: 'auto' });
    // Only when another one is opened: people scroll, too.
  }, [openIndex, virtual]);
  const options: MultiselectProps.Option[] = Object.keys(groups).map((g) => ({ label: g, value: g }));
  return (
    <SpaceBetween size="xs">
      <SpaceBetween direction="horizontal" size="s">
        <TextFilter
          filteringText={view.find ?? ''}
          filteringPlaceholder="Type, state, error, number"
          filteringAriaLabel="Filter events"
          countText={`${events.length.toLocaleString('en')} of ${history.last.toLocaleString('en')}`}
          onChange={({ detail }) => setView({ find: detail.filteringText || undefined })}
        />
        <Multiselect
          ariaLabel="Kinds of events"
          placeholder="All kinds"
          options={options}
          selectedOptions={options.filter((o) => chosen.includes(o.value!))}
          hideTokens
          onChange={({ detail }) => setView({ groups: detail.selectedOptions.map((o) => o.value).join(',') || undefined })}
        />
      </SpaceBetween>
      <div ref={scroller} role="region" aria-label="Events" tabIndex={0} style={{ height: height - 48, overflow: 'auto' }}>
        <div style={{ height: virtual.getTotalSize(), position: 'relative', minWidth: 560 }}>
          {virtual.getVirtualItems().map(({ index, start, size }) => {
            const e = events[index]!;
            const isOpen = e.id === open;
            return (
              <div key={e.id} className={`events-row${isOpen ? ' is-open' : ''}`} style={{ transform: `translateY(${start}px)`, height: size }}>
                <div className="events-line">
                  <Button
                    variant="inline-icon"
                    iconName={isOpen ? 'caret-down-filled' : 'caret-right-filled'}
                    ariaLabel={`${isOpen ? 'Close' : 'Open'} event ${e.id}`}
                    ariaExpanded={isOpen}
                    onClick={() => selection.openEvent(isOpen ? undefined : e.id)}
                  />
                  <span>{e.id}</span>
                  <span title={e.type}>{e.type}</span>
                  <span>+{formatDuration(e.at - history.top.start)}</span>
                  <span title={describe(e)}>{describe(e)}</span>
                </div>
                {isOpen && (
                  <div style={{ padding: '0 8px' }}>
                    <Detail arn={arn} id={e.id} />
                  </div>
                )}
              </div>
            );
          })}
        </div>
      </div>
    </SpaceBetween>
  );
}
