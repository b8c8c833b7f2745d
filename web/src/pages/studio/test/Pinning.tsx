import Select from '@cloudscape-design/components/select';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { aws, get } from '../../../api/client';
import type { HistoryEvent } from '../../../api/aws';
import type { EventDetail, Events, Stages } from '../../../api/model';
import { arnName } from '../../../parts/arn';
import { unqualified } from '../config';
import { useStudio } from '../context';
import type { Pin } from '../pins';

interface Props {
  name: string; // of the state
  onPin: (p: Pin) => void;
}

// Pinning takes what a state got in one of the last executions.
export function Pinning({ name, onPin }: Props) {
  const { arn } = useStudio();
  const [note, setNote] = useState('');
  const { data } = useQuery({
    queryKey: ['last', arn],
    queryFn: ({ signal }) => aws('ListExecutions', { stateMachineArn: unqualified(arn), maxResults: 20 }, signal),
    enabled: arn !== '',
  });
  const options = (data?.executions ?? []).map((x) => ({ value: x.executionArn, label: x.name, description: x.status }));
  if (options.length === 0) return null;
  const take = async (execution: string) => {
    setNote('Reading …');
    try {
      const pin = await pinOf(execution, name);
      setNote(pin ? `Input of ${arnName(execution)}` : `That execution never came to “${name}”.`);
      if (pin) onPin(pin);
    } catch (e) {
      setNote(e instanceof Error ? e.message : String(e));
    }
  };
  return (
    <div>
      <Select selectedOption={null} options={options} placeholder="Take the input of a past execution" ariaLabel="Take the input of a past execution" filteringType="auto" onChange={({ detail }) => void take(detail.selectedOption.value ?? '')} />
      {note && <p className="faint" aria-live="polite">{note}</p>}
    </div>
  );
}

// pinOf returns what a state got when it was last entered.
async function pinOf(execution: string, name: string): Promise<Pin | undefined> {
  const { events } = await get<Events>('execution/events', { arn: execution });
  const entered = events.filter((e) => e.name === name && e.type.endsWith('StateEntered')).at(-1);
  if (!entered) return undefined;
  const from = arnName(execution);
  const stages = await get<Stages>('execution/stages', { arn: execution, event: entered.id }).catch(() => undefined);
  if (stages?.input) return { input: stages.input, variables: stages.before ? JSON.stringify(stages.before) : '', from };
  const { event } = await get<EventDetail>('execution/event', { arn: execution, id: entered.id });
  return { input: (event as HistoryEvent).stateEnteredEventDetails?.input ?? '{}', variables: '', from };
}
