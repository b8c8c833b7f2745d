import Button from '@cloudscape-design/components/button';
import { useGo } from '../../app/navigation';
import { ExecutionList } from '../../parts/executions/ExecutionList';

export default function ExecutionsPage() {
  const go = useGo();
  return <ExecutionList page action={<Button onClick={() => go('/samples')}>Run a sample</Button>} />;
}
