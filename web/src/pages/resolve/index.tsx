import Button from '@cloudscape-design/components/button';
import Spinner from '@cloudscape-design/components/spinner';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { get } from '../../api/client';
import type { Resolved } from '../../api/model';
import { paths, useGo, useParam } from '../../app/navigation';
import { Empty } from '../../parts/Empty';
import { ErrorAlert } from '../../parts/ErrorAlert';

// The page of an ARN, whatever it is of: /arn/ARN, and the addresses that AWS's console has for executions.
export default function ResolvePage() {
  const text = useParam('_splat');
  const go = useGo();
  const { data, error } = useQuery({ queryKey: ['resolve', text], queryFn: ({ signal }) => get<Resolved>('resolve', { text }, signal) });
  useEffect(() => {
    if (data?.path) go(data.path, { replace: true });
  }, [data, go]);
  if (error) return <ErrorAlert error={error} />;
  if (!data || data.path) return <Spinner size="large" />;
  return (
    <Empty title="There is no page for this" action={<Button onClick={() => go(paths.executions(`"${text}"`))}>Look for executions with it</Button>}>
      <span className="mono">{text}</span>
    </Empty>
  );
}
