import FormField from '@cloudscape-design/components/form-field';
import Select, { type SelectProps } from '@cloudscape-design/components/select';
import Input from '@cloudscape-design/components/input';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { aws } from '../../api/client';
import type { Execution } from '../../api/model';
import { paths, useGo } from '../../app/navigation';
import { Confirm } from '../../parts/Confirm';
import { statusWord } from '../../parts/Status';
import { formatTime } from '../../parts/time';

const most = 100;

// CompareDialog asks for the execution to compare one with: another of its machine, or any by its ARN.
export function CompareDialog({ execution, onClose }: { execution: Execution; onClose: () => void }) {
  const go = useGo();
  const [chosen, setChosen] = useState<SelectProps.Option | null>(null);
  const [arn, setArn] = useState('');
  const others = useQuery({
    queryKey: ['others', execution.machine],
    queryFn: () => aws('ListExecutions', { stateMachineArn: execution.machine, maxResults: most }),
    enabled: execution.type === 'STANDARD',
  });
  const options = (others.data?.executions ?? [])
    .filter((x) => x.executionArn !== execution.arn)
    .map((x) => ({ value: x.executionArn, label: x.name, description: `${statusWord(x.status)} · ${formatTime(x.startDate * 1000)}` }));
  const other = arn.trim() || chosen?.value;
  return (
    <Confirm title="Compare with another execution" action="Compare" disabled={!other} onConfirm={async () => go(paths.compare(execution.arn, other!))} onClose={onClose}>
      <FormField label={`An execution of ${execution.machineName}`}>
        <Select
          options={options}
          selectedOption={chosen}
          onChange={({ detail }) => setChosen(detail.selectedOption)}
          filteringType="auto"
          virtualScroll
          placeholder="The last ones"
          statusType={others.isLoading ? 'loading' : 'finished'}
          empty="There is no other one"
        />
      </FormField>
      <FormField label="Or any, by its ARN">
        <Input value={arn} onChange={({ detail }) => setArn(detail.value)} />
      </FormField>
    </Confirm>
  );
}
