import Cards from '@cloudscape-design/components/cards';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useQuery } from '@tanstack/react-query';
import { get } from '../../api/client';
import type { Contents } from '../../api/model';
import { paths, useParam, useView } from '../../app/navigation';
import { Empty } from '../../parts/Empty';
import { ErrorAlert } from '../../parts/ErrorAlert';
import { PageHead } from '../../parts/PageHead';
import { PageLink } from '../../parts/PageLink';
import { ItemsView } from './ItemsView';
import { ResourcesView } from './ResourcesView';

// plural makes the kind of a service's resources many.
export function plural(kind: string, n: number): string {
  return n === 1 ? `1 ${kind}` : `${n} ${kind.replace(/y$/, 'ie')}s`;
}

const query = { queryKey: ['services'], queryFn: ({ signal }: { signal: AbortSignal }) => get<Contents>('services', {}, signal), refetchInterval: 5_000 };

function All() {
  const { data, error, refetch, isPending } = useQuery(query);
  return (
    <SpaceBetween size="m">
      <PageHead title="Services" description="What is in the services that are built in. Clients of AWS change it; here it is for looking." />
      {error && <ErrorAlert error={error} retry={() => void refetch()} />}
      <Cards
        items={data?.services ?? []}
        loading={isPending}
        loadingText="Reading the services"
        ariaLabels={{ itemSelectionLabel: (_, s) => s.title, selectionGroupLabel: 'Services' }}
        cardDefinition={{
          header: (s) => <PageLink to={paths.service(s.name)}>{s.title}</PageLink>,
          sections: [
            { id: 'count', content: (s) => plural(s.kind, s.count) },
            { id: 'where', content: (s) => (s.where === 'embedded' ? 'Built in' : `At ${s.where}`) },
          ],
        }}
        cardsPerRow={[{ cards: 1 }, { minWidth: 500, cards: 3 }, { minWidth: 1100, cards: 4 }]}
        empty={<Empty title="No service is built in" />}
      />
    </SpaceBetween>
  );
}

// The pages of what is in the built-in services: all of them, the resources of one, what is in a resource.
export default function ServicesPage() {
  const name = useParam('service');
  const [view] = useView();
  const { data } = useQuery(query);
  if (!name) return <All />;
  const service = data?.services.find((s) => s.name === name);
  const title = service?.title ?? name;
  const above: [string, string][] = [['Services', '/services']];
  if (view.id) return <ItemsView service={name} id={view.id} path={[...above, [title, paths.service(name)]]} />;
  return <ResourcesView service={name} title={title} kind={service?.kind ?? 'resource'} path={above} />;
}
