import Button from '@cloudscape-design/components/button';
import Select from '@cloudscape-design/components/select';
import { useEffect, useState } from 'react';
import type { History } from '../../history/fold';
import { formatDuration } from '../../parts/time';
import type { Selection } from './view';

const speeds = [1, 5, 20, 100].map((n) => ({ value: String(n), label: `${n} events/s` }));

// nextState returns the event that enters or leaves a state, after or before a position.
export function nextState(history: History, at: number, step: 1 | -1): number {
  for (let id = at + step; id >= 1 && id <= history.last; id += step) {
    if (/State(Entered|Exited)$/.test(history.event(id)!.type)) return id;
  }
  return step > 0 ? history.last : 1;
}

// Scrubber moves the position in the history; everything that the page shows is as of there.
export function Scrubber({ history, selection }: { history: History; selection: Selection }) {
  const { at, seek, live } = selection;
  const [playing, setPlaying] = useState(false);
  const [speed, setSpeed] = useState(speeds[1]!);
  useEffect(() => {
    if (!playing) return;
    if (live) {
      setPlaying(false);
      return;
    }
    const timer = setTimeout(() => seek(at + 1), 1_000 / Number(speed.value));
    return () => clearTimeout(timer);
  }, [playing, at, live, speed, seek]);
  const play = () => {
    if (!playing && live) seek(1);
    setPlaying(!playing);
  };
  const event = history.event(at);
  if (history.last < 2) return null;
  const key = (e: React.KeyboardEvent) => {
    const step = e.key === 'ArrowLeft' ? -1 : e.key === 'ArrowRight' ? 1 : 0;
    if (step === 0) return;
    e.preventDefault();
    seek(e.shiftKey ? nextState(history, at, step as 1 | -1) : at + step);
  };
  return (
    <div className="scrubber" role="group" aria-label="Time travel">
      <Button iconName={playing ? 'pause' : 'play'} variant="icon" ariaLabel={playing ? 'Pause' : 'Play the history'} onClick={play} />
      <Button iconName="angle-left" variant="icon" ariaLabel="Previous state" onClick={() => seek(nextState(history, at, -1))} />
      <input
        type="range"
        min={1}
        max={history.last}
        value={at}
        aria-label="Position in the history; arrow keys go by event, with Shift by state"
        aria-valuetext={`Event ${at} of ${history.last}: ${event?.type ?? ''}`}
        onChange={(e) => seek(Number(e.target.value))}
        onKeyDown={key}
      />
      <Button iconName="angle-right" variant="icon" ariaLabel="Next state" onClick={() => seek(nextState(history, at, 1))} />
      <span className="hint" style={{ minWidth: 210 }}>
        {at} / {history.last} · {event?.type}
        {event && ` · +${formatDuration(event.at - history.top.start)}`}
      </span>
      <Select ariaLabel="Speed" selectedOption={speed} options={speeds} onChange={({ detail }) => setSpeed(detail.selectedOption as (typeof speeds)[number])} />
      {!live && <Button onClick={() => seek(undefined)}>To the end</Button>}
    </div>
  );
}
