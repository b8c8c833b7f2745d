import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { useQuery } from '@tanstack/react-query';
import { aws, get } from '../../api/client';
import type { Samples } from '../../api/model';
import { useView } from '../../app/navigation';
import { ErrorAlert } from '../../parts/ErrorAlert';
import { pretty } from '../../parts/json';
import { PageHead } from '../../parts/PageHead';
import { NewForm } from './NewForm';
import { Ways } from './Ways';

interface Start {
  text: string;
  name: string;
  type: 'STANDARD' | 'EXPRESS';
}

const blank: Start = { text: '', name: '', type: 'STANDARD' };

// startOf reads what the new state machine is to begin as: another one, or a sample.
async function startOf(from: string | undefined, sample: string | undefined, signal: AbortSignal): Promise<Start> {
  if (from) {
    const m = await aws('DescribeStateMachine', { stateMachineArn: from }, signal);
    return { text: pretty(m.definition), name: `${m.name}-copy`, type: m.type };
  }
  const found = sample ? (await get<Samples>('samples', {}, signal)).samples.find((s) => s.name === sample) : undefined;
  return found ? { text: found.workflow, name: found.name, type: found.type === 'EXPRESS' ? 'EXPRESS' : 'STANDARD' } : blank;
}

export default function NewMachinePage() {
  const [{ from, sample }] = useView();
  const start = useQuery({ queryKey: ['new', from, sample], queryFn: ({ signal }) => startOf(from, sample, signal), staleTime: Infinity });
  return (
    <SpaceBetween size="m">
      <PageHead title="New state machine" path={[['State machines', '/machines']]} />
      {!from && !sample && <Ways />}
      {start.error && <ErrorAlert error={start.error} />}
      {start.data ? <NewForm key={`${from}|${sample}`} {...start.data} /> : start.isPending && <Spinner />}
    </SpaceBetween>
  );
}
