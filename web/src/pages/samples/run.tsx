import { post } from '../../api/client';
import type { Created, SampleRow, SampleRun } from '../../api/model';
import { notify } from '../../app/notices';
import { queryClient } from '../../app/queries';
import { PageLink } from '../../parts/PageLink';

function Names({ word, list }: { word: string; list: Created[] }) {
  if (list.length === 0) return null;
  return (
    <div>
      {word}{' '}
      {list.map((c, i) => (
        <span key={i}>
          {i > 0 && ', '}
          {c.kind} {c.url ? <PageLink to={c.url}>{c.name}</PageLink> : c.name}
        </span>
      ))}
    </div>
  );
}

function Made({ created }: { created: Created[] }) {
  return (
    <>
      <Names word="It made:" list={created.filter((c) => !c.kept)} />
      <Names word="It uses what was there:" list={created.filter((c) => c.kept)} />
    </>
  );
}

// runSample makes what a sample needs, starts it, and tells what was made. It returns the ARN of the execution.
export async function runSample(sample: SampleRow, input?: string): Promise<string> {
  const run = await post<SampleRun>('samples/run', { name: sample.name, input });
  notify({ type: 'success', header: `The sample ${sample.name} runs`, content: <Made created={run.created} /> });
  void queryClient.invalidateQueries({ queryKey: ['machines'] });
  void queryClient.invalidateQueries({ queryKey: ['overview'] });
  return run.executionArn;
}
