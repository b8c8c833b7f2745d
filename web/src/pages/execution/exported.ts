import type { Execution } from '../../api/model';

// An execution as a file: its history, its graph as it is now, or a report that needs nothing else. The server writes them, so
// that what is hidden from somebody is in no file either.
const files = { json: 'export.json', svg: 'graph.svg', html: 'report.html' } as const;

export type Form = keyof typeof files;

// exported has the browser store a file.
export function exported(x: Execution, form: Form): void {
  const query = new URLSearchParams({ arn: x.arn, download: '1', ...(form === 'svg' ? { status: '1' } : {}) });
  const link = document.createElement('a');
  link.href = `/api/execution/${files[form]}?${query}`;
  link.download = `${x.name}.${form}`;
  link.click();
}
