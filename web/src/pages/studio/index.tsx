import Spinner from '@cloudscape-design/components/spinner';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useParam, useView } from '../../app/navigation';
import { useSession } from '../../app/session';
import { pretty } from '../../parts/json';
import { ErrorAlert } from '../../parts/ErrorAlert';
import { freshConfig, type Loaded, loadedQuery } from './config';
import { readDraft } from './draft';
import { StudioPage } from './Studio';

const blank = `{
  "Comment": "",
  "QueryLanguage": "JSONata",
  "StartAt": "",
  "States": {}
}
`;

// The Studio: a workflow that is there, or a new one.
export default function Page() {
  const arn = useParam('arn');
  return arn ? <Existing key={arn} arn={arn} /> : <New />;
}

function Existing({ arn }: { arn: string }) {
  const { data, error, refetch } = useQuery(loadedQuery(arn));
  const draft = useMemo(() => readDraft(arn), [arn]);
  // Programs save a definition as one line, which nobody can edit.
  const loaded = useMemo(() => data && (data.definition.trim().includes('\n') ? data : { ...data, definition: pretty(data.definition) }), [data]);
  if (error) return <ErrorAlert error={error} retry={() => void refetch()} />;
  if (!loaded) return <Spinner size="large" />;
  return <StudioPage arn={arn} loaded={loaded} draft={draft} />;
}

function New() {
  const session = useSession();
  const [view] = useView();
  const draft = useMemo(() => readDraft(''), []);
  const loaded = useMemo<Loaded>(() => ({ definition: view.definition ?? blank, revision: '', config: freshConfig(session?.server.account ?? '123456789012') }), [session?.server.account]);
  if (!session) return <Spinner size="large" />;
  return <StudioPage arn="" loaded={loaded} draft={view.definition ? undefined : draft} />;
}
