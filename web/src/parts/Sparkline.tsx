import { colorChartsGreen300, colorChartsRed500, colorTextStatusInactive, colorTextStatusInfo } from '@cloudscape-design/design-tokens';
import type { ExecutionRow } from '../api/model';
import { statusWord } from './Status';
import { formatDuration } from './time';

const colours: Record<string, string> = { SUCCEEDED: colorChartsGreen300, RUNNING: colorTextStatusInfo, ABORTED: colorTextStatusInactive };

// elapsed returns how long an execution took, or has taken.
export function elapsed(row: { start: string; stop?: string }): number {
  return (row.stop ? new Date(row.stop).getTime() : Date.now()) - new Date(row.start).getTime();
}

// Sparkline shows the last executions, the newest last: how long each took and how it ended. What failed is as high as
// the picture and has a dot, so that colour alone tells nothing.
export function Sparkline({ rows }: { rows: ExecutionRow[] }) {
  const list = rows.slice(0, 20).reverse();
  const most = Math.max(1, ...list.map(elapsed));
  const failed = list.filter((row) => !['SUCCEEDED', 'RUNNING'].includes(row.status)).length;
  return (
    <svg width={122} height={24} style={{ display: 'block' }} role="img" aria-label={`${list.length} last executions, ${failed} of them without success`}>
      {list.map((row, i) => {
        const x = i * 6 + 1;
        const h = 4 + (elapsed(row) / most) * 14;
        const bad = !['SUCCEEDED', 'RUNNING'].includes(row.status);
        return (
          <g key={row.arn}>
            <title>{`${row.name}: ${statusWord(row.status)}, ${formatDuration(elapsed(row))}`}</title>
            <rect x={x} y={23 - h} width={4} height={h} rx={1} fill={colours[row.status] ?? colorChartsRed500} />
            {bad && <circle cx={x + 2} cy={2.5} r={2} fill={colours[row.status] ?? colorChartsRed500} />}
          </g>
        );
      })}
    </svg>
  );
}
