import Button from '@cloudscape-design/components/button';
import Select from '@cloudscape-design/components/select';
import { useEffect, useRef, useState } from 'react';
import { formatDuration } from '../../parts/time';
import type { Loaded } from './useExecution';
import { step } from './useKeys';
import type { Selection } from './view';

const whole = 20; // seconds in which all is played at a speed of 1
const slowest = 2; // events a second at a speed of 1

const speeds = [0.5, 1, 2, 4, 8].map((n) => ({ value: String(n), label: `${n}×` }));

interface Props {
  loaded: Loaded;
  selection: Selection;
  running: boolean;
}

// usePlay moves the position forward, a frame at a time, until it is at the end.
function usePlay(playing: boolean, speed: number, selection: Selection, last: number, onEnd: () => void): void {
  const latest = useRef({ selection, last, onEnd });
  useEffect(() => {
    latest.current = { selection, last, onEnd };
  });
  useEffect(() => {
    if (!playing) return;
    let frame = 0;
    let before = performance.now();
    let at = latest.current.selection.at;
    const move = (now: number) => {
      const { selection: s, last: end, onEnd: done } = latest.current;
      at += ((now - before) / 1_000) * Math.max(slowest, end / whole) * speed;
      before = now;
      if (Math.floor(at) !== s.at) s.seek(Math.floor(at));
      if (at >= end) done();
      else frame = requestAnimationFrame(move);
    };
    frame = requestAnimationFrame(move);
    return () => cancelAnimationFrame(frame);
  }, [playing, speed]);
}

// Scrubber shows and moves the position in the history that all views are of.
export function Scrubber({ loaded, selection, running }: Props) {
  const { history } = loaded;
  const { at, live, seek } = selection;
  const [playing, setPlaying] = useState(false);
  const [speed, setSpeed] = useState(speeds[1]!);
  usePlay(playing, Number(speed.value), selection, history.last, () => setPlaying(false));
  const event = history.event(at);
  const since = event ? `+${formatDuration(event.at - history.top.start)}` : '';
  const play = () => {
    if (!playing && live) seek(1);
    setPlaying(!playing);
  };
  return (
    <div className="scrubber" role="group" aria-label="Position in time">
      <Button variant="icon" iconName={playing ? 'pause' : 'play'} ariaLabel={playing ? 'Pause' : 'Play'} onClick={play} disabled={history.last < 2} />
      <Button variant="icon" iconName="angle-left-double" ariaLabel="State before (Shift+←)" onClick={() => seek(step(history, at, -1))} disabled={at <= 1} />
      <Button variant="icon" iconName="angle-left" ariaLabel="Event before (←)" onClick={() => seek(at - 1)} disabled={at <= 1} />
      <input
        type="range"
        min={1}
        max={Math.max(1, history.last)}
        value={Math.max(1, at)}
        aria-label="Event"
        aria-valuetext={`Event ${at} of ${history.last}, ${event?.type ?? ''}, ${since}`}
        onChange={(e) => seek(Number(e.target.value))}
      />
      <Button variant="icon" iconName="angle-right" ariaLabel="Next event (→)" onClick={() => seek(at + 1)} disabled={live} />
      <Button variant="icon" iconName="angle-right-double" ariaLabel="Next state (Shift+→)" onClick={() => seek(step(history, at, 1))} disabled={live} />
      <span className="scrubber-at" title={event?.type}>
        {at.toLocaleString('en')}/{history.last.toLocaleString('en')} · {event?.type ?? ''} · {since}
      </span>
      {running && live && <span className="scrubber-live">live</span>}
      {!live && (
        <Button variant="inline-link" onClick={() => seek(undefined)}>
          {running ? 'Back to live' : 'To the end'}
        </Button>
      )}
      <Select options={speeds} selectedOption={speed} ariaLabel="Speed" onChange={({ detail }) => setSpeed(detail.selectedOption as typeof speed)} />
    </div>
  );
}
