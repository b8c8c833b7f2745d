import { colorChartsGreen300, colorChartsRed500, colorTextBodySecondary } from '@cloudscape-design/design-tokens';
import type { Minute } from '../api/model';

const width = 720;
const height = 120;
const foot = 18;

// Throughput shows what ended in each of the last minutes, failures at the foot of each bar.
export function Throughput({ minutes }: { minutes: Minute[] }) {
  const most = Math.max(1, ...minutes.map((m) => Math.max(m.succeeded + m.failed, m.started)));
  const step = width / Math.max(1, minutes.length);
  const y = (n: number) => (n / most) * (height - foot - 8);
  const ended = minutes.reduce((sum, m) => sum + m.succeeded + m.failed, 0);
  const failed = minutes.reduce((sum, m) => sum + m.failed, 0);
  const label = `In the last ${minutes.length} minutes ${ended} executions ended, ${failed} of them without success. The most in a minute was ${most}.`;
  return (
    <svg viewBox={`0 0 ${width} ${height}`} width="100%" role="img" aria-label={label} preserveAspectRatio="none" style={{ maxHeight: 160 }}>
      {minutes.map((m, i) => {
        const x = i * step + 1;
        const w = Math.max(1, step - 2);
        const bad = y(m.failed);
        const good = y(m.succeeded);
        return (
          <g key={m.at}>
            <title>{`${new Date(m.at).toLocaleTimeString()}: ${m.started} started, ${m.succeeded} succeeded, ${m.failed} failed`}</title>
            <rect x={x} y={0} width={w} height={height - foot} fill="transparent" />
            <rect x={x} y={height - foot - bad} width={w} height={bad} fill={colorChartsRed500} />
            <rect x={x} y={height - foot - bad - good} width={w} height={good} fill={colorChartsGreen300} />
          </g>
        );
      })}
      <line x1={0} x2={width} y1={height - foot} y2={height - foot} stroke={colorTextBodySecondary} strokeWidth={0.5} />
      <text x={0} y={height - 4} fontSize={9} fill={colorTextBodySecondary}>
        an hour ago
      </text>
      <text x={width} y={height - 4} fontSize={9} textAnchor="end" fill={colorTextBodySecondary}>
        now
      </text>
    </svg>
  );
}
