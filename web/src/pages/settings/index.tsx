import ColumnLayout from '@cloudscape-design/components/column-layout';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import { useQuery } from '@tanstack/react-query';
import { get } from '../../api/client';
import type { Session, SettingSection, Settings } from '../../api/model';
import { useMay, useSession } from '../../app/session';
import { setPreferences, usePreferences } from '../../app/theme';
import { Arn } from '../../parts/Arn';
import { ErrorAlert } from '../../parts/ErrorAlert';
import { PageHead } from '../../parts/PageHead';
import { Time } from '../../parts/Time';
import { Snippet } from '../overview/Snippet';

function Looks() {
  const preferences = usePreferences();
  const choice = <K extends keyof typeof preferences>(name: K, label: string, options: [(typeof preferences)[K], string][]) => (
    <FormField label={label}>
      <SegmentedControl
        label={label}
        selectedId={preferences[name]}
        options={options.map(([id, text]) => ({ id, text }))}
        onChange={({ detail }) => setPreferences({ [name]: detail.selectedId })}
      />
    </FormField>
  );
  return (
    <Container header={<Header variant="h2" description="Kept in this browser">How it looks</Header>}>
      <ColumnLayout columns={3}>
        {choice('theme', 'Theme', [['system', 'System'], ['light', 'Light'], ['dark', 'Dark']])}
        {choice('density', 'Density', [['comfortable', 'Comfortable'], ['compact', 'Compact']])}
        {choice('time', 'Times', [['local', 'Local'], ['utc', 'UTC'], ['relative', 'Relative']])}
      </ColumnLayout>
    </Container>
  );
}

const ways: Record<string, string> = { none: 'Off: only this computer has access', token: 'By the token', oidc: 'By OpenID Connect', proxy: 'By the proxy' };

function Server({ session }: { session: Session }) {
  const { server } = session;
  return (
    <Container header={<Header variant="h2">Server</Header>}>
      <KeyValuePairs
        columns={4}
        items={[
          { label: 'Version', value: server.version },
          { label: 'Endpoint', value: <Arn arn={server.endpoint} /> },
          { label: 'Region · account', value: `${server.region} · ${server.account}` },
          { label: 'Up since', value: <Time at={server.started} /> },
          { label: 'Data', value: server.durable ? 'Kept on disk' : 'In memory: gone when the server ends' },
          { label: 'Search index', value: server.search ? 'On' : 'Off' },
          { label: 'Signing in', value: ways[session.auth] ?? session.auth },
          { label: 'You', value: `${session.user ? session.user + ', ' : ''}role ${session.role}${session.payloads ? '' : ', without payloads'}` },
          { label: 'Hidden fields', value: session.masked.join(', ') || 'None' },
          { label: 'Built-in services', value: server.services.join(', ') || 'None' },
        ]}
      />
    </Container>
  );
}

const from: Record<string, string> = { default: 'Default', flag: 'Command line', environment: 'Environment', file: 'File' };

function Section({ section }: { section: SettingSection }) {
  return (
    <Table
      variant="container"
      contentDensity="compact"
      header={<Header variant="h2">{section.title}</Header>}
      items={section.settings}
      trackBy="name"
      columnDefinitions={[
        { id: 'name', header: 'Setting', isRowHeader: true, width: 280, cell: (s) => <span className="mono">{s.name}</span> },
        { id: 'value', header: 'Value', cell: (s) => <span className="mono" style={{ overflowWrap: 'anywhere' }}>{s.value || '–'}</span> },
        { id: 'from', header: 'From', width: 160, cell: (s) => from[s.from] ?? s.from },
      ]}
      wrapLines
      ariaLabels={{ tableLabel: section.title }}
    />
  );
}

export default function SettingsPage() {
  const session = useSession();
  const admin = useMay('admin');
  const { data, error } = useQuery({ queryKey: ['settings'], queryFn: ({ signal }) => get<Settings>('settings', {}, signal), enabled: admin });
  return (
    <SpaceBetween size="l">
      <PageHead title="Settings" description="Those of the server are in its configuration; here is what is in force." />
      <Looks />
      {session && <Server session={session} />}
      <Snippet />
      {error && <ErrorAlert error={error} />}
      {data?.sections.map((section) => <Section key={section.title} section={section} />)}
    </SpaceBetween>
  );
}
