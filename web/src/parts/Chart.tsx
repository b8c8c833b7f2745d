import Box from '@cloudscape-design/components/box';
import { colorChartsGreen300, colorChartsRed500, colorTextBodySecondary } from '@cloudscape-design/design-tokens';
import type { Minute } from '../api/model';
import { formatTime } from './time';

const width = 720;
const height = 100;

// Throughput shows what ended in each of the last minutes, failures at the foot of each bar.
export function Throughput({ minutes }: { minutes: Minute[] }) {
  const most = Math.max(1, ...minutes.map((m) => m.succeeded + m.failed));
  const step = width / Math.max(1, minutes.length);
  const y = (n: number) => (n / most) * (height - 4);
  const ended = minutes.reduce((sum, m) => sum + m.succeeded + m.failed, 0);
  const failed = minutes.reduce((sum, m) => sum + m.failed, 0);
  const label = `In the last ${minutes.length} minutes ${ended} executions ended, ${failed} of them without success. The most in a minute was ${most}.`;
  return (
    <>
      <svg viewBox={`0 0 ${width} ${height}`} width="100%" height={height} role="img" aria-label={label} preserveAspectRatio="none" style={{ display: 'block' }}>
        {minutes.map((m, i) => {
          const x = i * step + 1;
          const w = Math.max(1, step - 2);
          const bad = y(m.failed);
          const good = y(m.succeeded);
          return (
            <g key={m.at}>
              <title>{`${formatTime(m.at).slice(0, 16)}: ${m.started} started, ${m.succeeded} succeeded, ${m.failed} failed`}</title>
              <rect x={x} y={0} width={w} height={height} fill="transparent" />
              <rect x={x} y={height - bad} width={w} height={bad} fill={colorChartsRed500} />
              <rect x={x} y={height - bad - good} width={w} height={good} fill={colorChartsGreen300} />
            </g>
          );
        })}
        <line x1={0} x2={width} y1={height} y2={height} stroke={colorTextBodySecondary} strokeWidth={1} />
      </svg>
      <div style={{ display: 'flex', justifyContent: 'space-between' }}>
        {['an hour ago', `${ended.toLocaleString('en')} ended, ${failed.toLocaleString('en')} failed; ${most.toLocaleString('en')} a minute at most`, 'now'].map((text) => (
          <Box key={text} fontSize="body-s" color="text-body-secondary">
            {text}
          </Box>
        ))}
      </div>
    </>
  );
}
