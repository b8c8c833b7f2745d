import { post } from '../../api/client';
import type { SampleRow, SampleRun } from '../../api/model';
import { notify } from '../../app/notices';
import { queryClient } from '../../app/queries';
import { PageLink } from '../../parts/PageLink';

function Made({ run }: { run: SampleRun }) {
  return (
    <>
      {'It made: '}
      {run.created.map((c, i) => (
        <span key={i}>
          {i > 0 && ', '}
          {c.kind.replace(/^: /, '')} {c.url ? <PageLink to={c.url}>{c.name}</PageLink> : c.name}
        </span>
      ))}
    </>
  );
}

// runSample makes what a sample needs, starts it, and tells what was made. It returns the ARN of the execution.
export async function runSample(sample: SampleRow, input?: string): Promise<string> {
  const run = await post<SampleRun>('samples/run', { name: sample.name, input });
  notify({ type: 'success', header: `The sample ${sample.name} runs`, content: run.created.length > 0 && <Made run={run} /> });
  void queryClient.invalidateQueries({ queryKey: ['machines'] });
  void queryClient.invalidateQueries({ queryKey: ['overview'] });
  return run.executionArn;
}
