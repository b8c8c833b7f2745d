import Button from '@cloudscape-design/components/button';
import ButtonDropdown, { type ButtonDropdownProps } from '@cloudscape-design/components/button-dropdown';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { memo } from 'react';
import type { Execution } from '../../api/model';
import { paths, useGo } from '../../app/navigation';
import { useMay } from '../../app/session';
import { PageHead } from '../../parts/PageHead';
import { Status } from '../../parts/Status';
import type { Action } from './Actions';
import { canFork, canRedrive, canStop } from './allowed';
import { exported, type Form } from './exported';

interface Props {
  execution: Execution;
  onAction: (action: Action) => void;
}

// Head opens the page: which execution this is, how it stands, and what can be done.
export const Head = memo(function Head({ execution: x, onAction }: Props) {
  const go = useGo();
  const operates = useMay('operator');
  const edits = useMay('editor');
  const more: ButtonDropdownProps.ItemOrGroup[] = [
    ...(operates ? [{ id: 'start', text: 'New execution with this input' }] : []),
    { id: 'compare', text: 'Compare with another execution' },
    { id: 'edit', text: edits ? 'Edit the state machine' : 'See the state machine' },
    { text: 'Export', items: [{ id: 'json', text: 'History as JSON' }, { id: 'svg', text: 'Graph as SVG' }, { id: 'html', text: 'Report as HTML' }] },
  ];
  const follow = (id: string) => {
    if (id === 'start' || id === 'compare') onAction(id);
    else if (id === 'edit') go(edits ? paths.edit(x.machine) : paths.machine(x.machine));
    else exported(x, id as Form);
  };
  return (
    <PageHead
      title={x.name}
      path={[
        ['State machines', paths.machines],
        [x.machineName, paths.machine(x.machine)],
      ]}
      info={<Status status={x.status} />}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          {operates && canStop(x) && <Button onClick={() => onAction('stop')}>Stop</Button>}
          {operates && canRedrive(x) && <Button onClick={() => onAction('redrive')}>Redrive</Button>}
          {operates && canFork(x) && <Button onClick={() => onAction('fork')}>Run again from…</Button>}
          <ButtonDropdown items={more} onItemClick={({ detail }) => follow(detail.id)}>
            Actions
          </ButtonDropdown>
        </SpaceBetween>
      }
    />
  );
});
