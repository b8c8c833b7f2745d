import Button from '@cloudscape-design/components/button';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { aws } from '../../api/client';
import { paths, useGo, useView } from '../../app/navigation';
import { useMay } from '../../app/session';
import { arnName, qualifierOf } from '../../parts/arn';
import { Confirm } from '../../parts/Confirm';
import { Empty } from '../../parts/Empty';
import { ErrorAlert } from '../../parts/ErrorAlert';
import { Time } from '../../parts/Time';
import type { Machine } from '.';
import { PublishDialog } from './PublishDialog';
import { refresh, versionsQuery } from './queries';
import { VersionDiff } from './VersionDiff';

interface Row {
  arn: string; // that of the machine: as it is now
  name: string;
  created?: number;
}

// VersionsTab lists the versions, beside what the machine is now, and shows what is different between two of them.
export function VersionsTab({ machine }: { machine: Machine }) {
  const arn = machine.stateMachineArn;
  const { data, error, isPending, refetch } = useQuery(versionsQuery(arn));
  const [view, setView] = useView();
  const [asked, setAsked] = useState<'publish' | 'delete'>();
  const go = useGo();
  const editor = useMay('editor');
  const rows: Row[] = [
    { arn, name: 'As it is now' },
    ...(data?.stateMachineVersions ?? []).map((v) => ({ arn: v.stateMachineVersionArn, name: `Version ${arnName(v.stateMachineVersionArn)}`, created: v.creationDate })),
  ];
  const selected = rows.filter((r) => r.arn === view.a || r.arn === view.b);
  const versions = selected.filter((r) => qualifierOf(r.arn) !== '');
  const [newer, older] = selected;
  return (
    <SpaceBetween size="m">
      {error && <ErrorAlert error={error} retry={() => void refetch()} />}
      <Table
        variant="borderless"
        items={rows}
        trackBy="arn"
        loading={isPending}
        loadingText="Reading the versions"
        selectionType="multi"
        selectedItems={selected}
        onSelectionChange={({ detail }) => {
          const [a, b] = detail.selectedItems.slice(-2);
          setView({ a: a?.arn, b: b?.arn });
        }}
        columnDefinitions={[
          { id: 'name', header: 'Version', isRowHeader: true, cell: (r) => r.name },
          { id: 'created', header: 'Published', cell: (r) => (r.created === undefined ? '–' : <Time at={r.created * 1000} />) },
        ]}
        ariaLabels={{ tableLabel: 'Versions', selectionGroupLabel: 'Choose versions', allItemsSelectionLabel: () => 'all', itemSelectionLabel: (_, r) => r.name }}
        empty={<Empty title="No versions" />}
        header={
          <Header
            counter={data && `(${data.stateMachineVersions.length})`}
            description="Choose two to see what is different."
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                {newer && older && <Button onClick={() => go(paths.diff(arn, older.arn, newer.arn))}>Compare as graphs</Button>}
                {editor && (
                  <Button disabled={versions.length === 0} onClick={() => setAsked('delete')}>
                    Delete
                  </Button>
                )}
                {editor && <Button onClick={() => setAsked('publish')}>Publish a version</Button>}
              </SpaceBetween>
            }
          >
            Versions
          </Header>
        }
      />
      {newer && older && <VersionDiff older={older} newer={newer} />}
      {asked === 'publish' && <PublishDialog machine={machine} onClose={() => setAsked(undefined)} />}
      {asked === 'delete' && (
        <Confirm
          title={`Delete ${versions.map((v) => v.name).join(' and ')}?`}
          action="Delete"
          onClose={() => setAsked(undefined)}
          onConfirm={async () => {
            for (const v of versions) await aws('DeleteStateMachineVersion', { stateMachineVersionArn: v.arn });
            setView({ a: undefined, b: undefined });
            await refresh(arn);
          }}
        >
          Executions that run it go on. A version that an alias leads to is not deleted.
        </Confirm>
      )}
    </SpaceBetween>
  );
}
