import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useGo } from '../../app/navigation';
import { ExecutionList } from '../../parts/executions/ExecutionList';
import { PageHead } from '../../parts/PageHead';

export default function ExecutionsPage() {
  const go = useGo();
  return (
    <SpaceBetween size="m">
      <PageHead title="Executions" description="Of all state machines, the newest first" />
      <ExecutionList action={<Button onClick={() => go('/samples')}>Run a sample</Button>} />
    </SpaceBetween>
  );
}
