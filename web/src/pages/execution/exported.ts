import { aws } from '../../api/client';
import type { Execution } from '../../api/model';

// save has the browser store a text as a file.
function save(name: string, type: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// history reads the whole history as AWS's API tells it.
async function history(arn: string): Promise<unknown[]> {
  const events: unknown[] = [];
  let nextToken: string | undefined;
  do {
    const page = await aws('GetExecutionHistory', { executionArn: arn, maxResults: 1000, nextToken });
    events.push(...page.events);
    nextToken = page.nextToken;
  } while (nextToken);
  return events;
}

// exported stores an execution as a file: its history, its graph, or a report that needs nothing else.
export async function exported(x: Execution, form: 'json' | 'svg' | 'html'): Promise<void> {
  if (form === 'json') {
    save(`${x.name}.json`, 'application/json', JSON.stringify({ execution: x, events: await history(x.arn) }, null, 2));
    return;
  }
  const link = document.createElement('a');
  link.href = form === 'svg' ? `/api/execution/graph.svg?${new URLSearchParams({ arn: x.arn, status: '1' })}` : `/api/execution/report?${new URLSearchParams({ arn: x.arn })}`;
  link.download = `${x.name}.${form}`;
  link.click();
}
