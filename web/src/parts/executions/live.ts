import type { ExecutionRow } from '../../api/model';

// merged returns a list with what the stream told of: rows that are there are replaced, new ones come first if wanted.
export function merged(rows: ExecutionRow[], news: ExecutionRow[], add: (row: ExecutionRow) => boolean, most = 1_000): ExecutionRow[] {
  const byArn = new Map(news.map((row) => [row.arn, row]));
  const kept = rows.map((row) => {
    const next = byArn.get(row.arn);
    byArn.delete(row.arn);
    return next ?? row;
  });
  const fresh = [...byArn.values()].filter(add).sort((a, b) => (a.start < b.start ? 1 : -1));
  return fresh.length === 0 ? kept : [...fresh, ...kept].slice(0, most);
}
