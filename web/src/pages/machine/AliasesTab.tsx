import Button from '@cloudscape-design/components/button';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Operations } from '../../api/aws';
import { aws } from '../../api/client';
import { useMay } from '../../app/session';
import { arnName } from '../../parts/arn';
import { Confirm } from '../../parts/Confirm';
import { Empty } from '../../parts/Empty';
import { ErrorAlert } from '../../parts/ErrorAlert';
import { Time } from '../../parts/Time';
import type { Machine } from '.';
import { AliasDialog } from './AliasDialog';
import { aliasesQuery, refresh } from './queries';

export type Alias = Operations['DescribeStateMachineAlias']['output'];

function routes(alias: Alias): string {
  return (alias.routingConfiguration ?? []).map((r) => `${r.weight} % version ${arnName(r.stateMachineVersionArn)}`).join(', ');
}

// AliasesTab lists the aliases with the versions that each leads to.
export function AliasesTab({ machine }: { machine: Machine }) {
  const arn = machine.stateMachineArn;
  const { data, error, isPending, refetch } = useQuery(aliasesQuery(arn));
  const [selected, setSelected] = useState<Alias[]>([]);
  const [asked, setAsked] = useState<'create' | 'edit' | 'delete'>();
  const editor = useMay('editor');
  const chosen = data?.find((a) => a.stateMachineAliasArn === selected[0]?.stateMachineAliasArn);
  return (
    <>
      {error && <ErrorAlert error={error} retry={() => void refetch()} />}
      <Table
        variant="borderless"
        items={data ?? []}
        trackBy="stateMachineAliasArn"
        loading={isPending}
        loadingText="Reading the aliases"
        selectionType={editor ? 'single' : undefined}
        selectedItems={chosen ? [chosen] : []}
        onSelectionChange={({ detail }) => setSelected(detail.selectedItems)}
        columnDefinitions={[
          { id: 'name', header: 'Alias', isRowHeader: true, cell: (a) => a.name },
          { id: 'routes', header: 'Leads to', cell: routes },
          { id: 'description', header: 'Description', cell: (a) => a.description ?? '' },
          { id: 'updated', header: 'Updated', cell: (a) => (a.updateDate === undefined ? '–' : <Time at={a.updateDate * 1000} />) },
        ]}
        ariaLabels={{ tableLabel: 'Aliases', selectionGroupLabel: 'Choose an alias', itemSelectionLabel: (_, a) => a.name ?? '' }}
        empty={
          <Empty title="No aliases" action={editor && <Button onClick={() => setAsked('create')}>Create an alias</Button>}>
            An alias is a name for one version, or for two with a share each.
          </Empty>
        }
        header={
          <Header
            counter={data && `(${data.length})`}
            actions={
              editor && (
                <SpaceBetween direction="horizontal" size="xs">
                  <Button disabled={!chosen} onClick={() => setAsked('delete')}>
                    Delete
                  </Button>
                  <Button disabled={!chosen} onClick={() => setAsked('edit')}>
                    Change
                  </Button>
                  <Button onClick={() => setAsked('create')}>Create an alias</Button>
                </SpaceBetween>
              )
            }
          >
            Aliases
          </Header>
        }
      />
      {(asked === 'create' || (asked === 'edit' && chosen)) && (
        <AliasDialog machine={arn} alias={asked === 'edit' ? chosen : undefined} onClose={() => setAsked(undefined)} />
      )}
      {asked === 'delete' && chosen && (
        <Confirm
          title={`Delete the alias ${chosen.name}?`}
          action="Delete"
          onClose={() => setAsked(undefined)}
          onConfirm={async () => {
            await aws('DeleteStateMachineAlias', { stateMachineAliasArn: chosen.stateMachineAliasArn ?? '' });
            await refresh(arn);
          }}
        >
          What starts executions by this alias fails from then on.
        </Confirm>
      )}
    </>
  );
}
