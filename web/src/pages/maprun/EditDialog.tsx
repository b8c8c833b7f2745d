import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { aws } from '../../api/client';
import { Confirm } from '../../parts/Confirm';
import type { MapRun } from './figures';

// wrong says what is wrong with a number, undefined when nothing is.
function wrong(text: string, most: number): string | undefined {
  const n = Number(text);
  if (text.trim() === '' || !Number.isFinite(n) || n < 0) return 'A number from 0';
  return n > most ? `At most ${most}` : undefined;
}

// EditDialog changes what a Map Run may do while it runs.
export function EditDialog({ arn, run, onClose }: { arn: string; run: MapRun; onClose: () => void }) {
  const [concurrency, setConcurrency] = useState(String(run.maxConcurrency));
  const [count, setCount] = useState(String(run.toleratedFailureCount));
  const [share, setShare] = useState(String(run.toleratedFailurePercentage));
  const [badConcurrency, badCount, badShare] = [wrong(concurrency, Infinity), wrong(count, Infinity), wrong(share, 100)];
  const save = () =>
    aws('UpdateMapRun', { mapRunArn: arn, maxConcurrency: Number(concurrency), toleratedFailureCount: Number(count), toleratedFailurePercentage: Number(share) });
  return (
    <Confirm title="Edit the Map Run" action="Save" disabled={!!(badConcurrency || badCount || badShare)} onConfirm={save} onClose={onClose}>
      <SpaceBetween size="m">
        <FormField label="Concurrency" description="Children that run at the same time; 0: no limit." errorText={badConcurrency}>
          <Input type="number" value={concurrency} onChange={({ detail }) => setConcurrency(detail.value)} />
        </FormField>
        <FormField label="Tolerated failures, in items" description="0: the share alone counts." errorText={badCount}>
          <Input type="number" value={count} onChange={({ detail }) => setCount(detail.value)} />
        </FormField>
        <FormField label="Tolerated failures, in percent" errorText={badShare}>
          <Input type="number" value={share} onChange={({ detail }) => setShare(detail.value)} />
        </FormField>
      </SpaceBetween>
    </Confirm>
  );
}
