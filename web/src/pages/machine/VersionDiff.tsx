import Box from '@cloudscape-design/components/box';
import Spinner from '@cloudscape-design/components/spinner';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { ErrorAlert } from '../../parts/ErrorAlert';
import { pretty } from '../../parts/json';
import { machineQuery } from './queries';

const Diff = lazy(() => import('../../editor/Diff'));

interface Side {
  arn: string;
  name: string;
}

// VersionDiff shows the definitions of two versions side by side.
export function VersionDiff({ older, newer }: { older: Side; newer: Side }) {
  const a = useQuery(machineQuery(older.arn));
  const b = useQuery(machineQuery(newer.arn));
  const error = a.error ?? b.error;
  if (error) return <ErrorAlert error={error} />;
  if (!a.data || !b.data) return <Spinner />;
  const texts = [pretty(a.data.definition), pretty(b.data.definition)] as const;
  if (texts[0] === texts[1]) return <Box color="text-body-secondary">The definitions of both are the same.</Box>;
  return (
    <Suspense fallback={<Spinner />}>
      <Diff a={texts[0]} b={texts[1]} label={`From ${older.name} to ${newer.name}`} />
    </Suspense>
  );
}
