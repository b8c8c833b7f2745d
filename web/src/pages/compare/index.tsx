import './compare.css';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { useQuery } from '@tanstack/react-query';
import { get } from '../../api/client';
import type { Execution } from '../../api/model';
import { useGo, useView } from '../../app/navigation';
import { Empty } from '../../parts/Empty';
import { ErrorAlert } from '../../parts/ErrorAlert';
import { PageHead } from '../../parts/PageHead';
import { CompareDialog } from '../execution/CompareDialog';
import { surface } from '../execution/surface';
import { Comparison } from './Comparison';

export default function ComparePage() {
  const [{ a, b }] = useView();
  return (
    <div style={surface}>
      <SpaceBetween size="m">
        <PageHead title="Compare two executions" path={[['Executions', '/executions']]} />
        {a && b ? <Comparison key={`${a} ${b}`} a={a} b={b} /> : a ? <Other arn={a} /> : <Empty title="There is nothing to compare">Choose “Compare with another execution” on the page of an execution, or mark two in the list of executions.</Empty>}
      </SpaceBetween>
    </div>
  );
}

// Other asks for the second execution.
function Other({ arn }: { arn: string }) {
  const go = useGo();
  const { data, error } = useQuery({ queryKey: ['execution', arn], queryFn: ({ signal }) => get<Execution>('execution', { arn }, signal) });
  if (error) return <ErrorAlert error={error} />;
  return data ? <CompareDialog execution={data} onClose={() => go('/executions')} /> : <Spinner />;
}
