import Badge from '@cloudscape-design/components/badge';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Cards from '@cloudscape-design/components/cards';
import SpaceBetween from '@cloudscape-design/components/space-between';
import TextFilter from '@cloudscape-design/components/text-filter';
import { useState } from 'react';
import type { SampleRow } from '../../api/model';
import { paths, useGo, useView } from '../../app/navigation';
import { useMay } from '../../app/session';
import { Empty } from '../../parts/Empty';
import { ErrorAlert } from '../../parts/ErrorAlert';
import { PageHead } from '../../parts/PageHead';
import { PageLink } from '../../parts/PageLink';
import { runSample } from './run';

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

// useRun returns the name of the sample that is being started, what went wrong, and how to start one.
export function useRun() {
  const go = useGo();
  const [busy, setBusy] = useState('');
  const [error, setError] = useState<unknown>();
  const run = async (sample: SampleRow, input?: string) => {
    setBusy(sample.name);
    setError(undefined);
    try {
      go(paths.execution(await runSample(sample, input)));
    } catch (e) {
      setError(e);
    }
    setBusy('');
  };
  return { busy, error, run };
}

function Body({ sample, busy, onRun }: { sample: SampleRow; busy: boolean; onRun: () => void }) {
  const editor = useMay('editor');
  return (
    <SpaceBetween size="s">
      <div>{capital(sample.title)}</div>
      <SpaceBetween direction="horizontal" size="xxs">
        {sample.services.map((s) => (
          <Badge key={s}>{s}</Badge>
        ))}
        {sample.type === 'EXPRESS' && <Badge color="blue">Express</Badge>}
      </SpaceBetween>
      {sample.needs?.length ? (
        <Box color="text-body-secondary" fontSize="body-s">
          It cannot run here. It needs {sample.needs.join(', ')}.
        </Box>
      ) : (
        editor && (
          <Button loading={busy} onClick={onRun} ariaLabel={`Run the sample ${sample.name}`}>
            Run
          </Button>
        )
      )}
    </SpaceBetween>
  );
}

// SampleCards offers all samples; those that can be run here come first.
export function SampleCards({ samples }: { samples: SampleRow[] }) {
  const [view, setView] = useView();
  const { busy, error, run } = useRun();
  const text = (view.filter ?? '').toLowerCase();
  const shown = samples.filter((s) => [s.name, s.title, ...s.services].join(' ').toLowerCase().includes(text));
  return (
    <SpaceBetween size="m">
      <PageHead title="Samples" description="Workflows with all that they need. One click makes it, starts an execution and shows it." />
      {error !== undefined && <ErrorAlert error={error} />}
      <Cards
        items={shown}
        trackBy="name"
        cardsPerRow={[{ cards: 1 }, { minWidth: 640, cards: 2 }, { minWidth: 1000, cards: 3 }]}
        cardDefinition={{
          header: (s) => <PageLink to={`/samples?name=${encodeURIComponent(s.name)}`}>{s.name}</PageLink>,
          sections: [{ id: 'body', content: (s) => <Body sample={s} busy={busy === s.name} onRun={() => void run(s)} /> }],
        }}
        filter={
          <TextFilter
            filteringText={view.filter ?? ''}
            filteringPlaceholder="Name, service or what it shows"
            filteringAriaLabel="Filter samples"
            countText={`${shown.length} found`}
            onChange={({ detail }) => setView({ filter: detail.filteringText || undefined })}
          />
        }
        empty={<Empty title="No sample matches" action={<Button onClick={() => setView({ filter: undefined })}>Show all</Button>} />}
        ariaLabels={{ itemSelectionLabel: (_, s) => s.name, selectionGroupLabel: 'Samples' }}
      />
    </SpaceBetween>
  );
}
