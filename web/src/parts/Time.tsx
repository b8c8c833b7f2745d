import { usePreferences } from '../app/theme';
import { formatAgo, formatDuration, formatTime } from './time';
import { useNow } from './ticking';

// Time shows a time as the person prefers it; the other forms are its title.
export function Time({ at }: { at: number | string }) {
  const { time } = usePreferences();
  const now = useNow(time === 'relative');
  const text = time === 'relative' ? formatAgo(at, now) : formatTime(at, time === 'utc');
  const date = new Date(at);
  return (
    <time className="nowrap" dateTime={Number.isNaN(date.getTime()) ? undefined : date.toISOString()} title={`${formatTime(at)} · ${formatTime(at, true)}`}>
      {text}
    </time>
  );
}

// Duration shows how long something took or, without an end, takes.
export function Duration({ from, to }: { from: number | string; to?: number | string }) {
  const now = useNow(to === undefined);
  const end = to === undefined ? now : new Date(to).getTime();
  return <span className="nowrap">{formatDuration(end - new Date(from).getTime())}</span>;
}
