import Button from '@cloudscape-design/components/button';
import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Toggle from '@cloudscape-design/components/toggle';
import { useState } from 'react';
import { ApiError } from '../../api/client';
import type { ExecutionRow } from '../../api/model';
import { paths, useGo, useView } from '../../app/navigation';
import { useMay } from '../../app/session';
import { Empty } from '../Empty';
import { ErrorAlert } from '../ErrorAlert';
import { PageHead } from '../PageHead';
import { type BulkAction, BulkDialog } from './BulkDialog';
import { ExecutionTable } from './ExecutionTable';
import { Facets } from './Facets';
import { both } from './query';
import { SavedQueries } from './SavedQueries';
import { SearchBar } from './SearchBar';
import { SelectionDialog } from './SelectionDialog';
import { useExecutions } from './useExecutions';

interface Props {
  within?: string; // a query that all is within
  without?: 'machine'[];
  page?: boolean; // it is the whole page, and has its title
  action?: React.ReactNode; // where there are none
}

const redrivable = ['FAILED', 'TIMED_OUT', 'ABORTED'];

// ExecutionList lists executions: those looked for, with what can be done with them. What is looked for is in the address.
export function ExecutionList({ within = '', without, page = false, action }: Props) {
  const [view, setView] = useView();
  const q = view.q ?? '';
  const live = view.live !== 'off';
  const asked = both(within, q);
  const { data, error, isPending, isFetchingNextPage, hasNextPage, fetchNextPage, refetch } = useExecutions(asked, live);
  const [selected, setSelected] = useState<ExecutionRow[]>([]);
  const search = (next: string) => setView({ q: next || undefined }, { push: true });
  const first = data?.pages[0];
  const rows = data?.pages.flatMap((p) => p.executions) ?? [];
  const chosen = rows.filter((x) => selected.some((s) => s.arn === x.arn));
  const mistaken = error instanceof ApiError && error.status === 400;
  return (
    <SpaceBetween size="s">
      {error && !mistaken && <ErrorAlert error={error} retry={() => void refetch()} />}
      <ExecutionTable
        variant={page ? 'full-page' : 'borderless'}
        rows={mistaken ? [] : rows}
        without={without}
        loading={isPending && !error}
        selected={chosen}
        onSelect={setSelected}
        header={
          <Title page={page} counter={first?.count} partial={first?.partial} actions={<Actions asked={asked} chosen={chosen} />} />
        }
        filter={
          <SpaceBetween size="s">
            <SearchBar q={q} onSearch={search} error={error} />
            <SpaceBetween size="s" direction="horizontal" alignItems="center">
              <Facets q={q} within={within} off={!first || mistaken} onSearch={search} />
              <SavedQueries q={q} onSearch={search} />
              <Toggle checked={live} onChange={({ detail }) => setView({ live: detail.checked ? undefined : 'off' })}>
                Live
              </Toggle>
            </SpaceBetween>
          </SpaceBetween>
        }
        empty={
          mistaken ? null : q ? (
            <Empty title="No execution matches" action={<Button onClick={() => search('')}>Look for all</Button>}>
              Executions whose history is gone are not found any more.
            </Empty>
          ) : (
            !error && <Empty title="No executions yet" action={action} />
          )
        }
        footer={
          hasNextPage && (
            <Button loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              Show more
            </Button>
          )
        }
      />
    </SpaceBetween>
  );
}

interface TitleProps {
  page: boolean;
  counter?: number;
  partial?: boolean;
  actions: React.ReactNode;
}

function Title({ page, counter, partial, actions }: TitleProps) {
  const rest = {
    counter: counter === undefined ? undefined : `(${counter.toLocaleString('en')})`,
    description: partial ? 'The index is still being filled: there may be more.' : undefined,
    actions,
  };
  return page ? <PageHead title="Executions" {...rest} /> : <Header {...rest}>Executions</Header>;
}

function Actions({ asked, chosen }: { asked: string; chosen: ExecutionRow[] }) {
  const go = useGo();
  const may = useMay('operator');
  const [some, setSome] = useState<BulkAction>();
  const [all, setAll] = useState<BulkAction>();
  if (!may) return null;
  const running = chosen.filter((x) => x.status === 'RUNNING' || x.status === 'PENDING_REDRIVE');
  const ended = chosen.filter((x) => redrivable.includes(x.status) && x.type !== 'EXPRESS');
  return (
    <>
      <SpaceBetween direction="horizontal" size="xs">
        <Button disabled={running.length === 0} onClick={() => setSome('stop')}>
          Stop
        </Button>
        <Button disabled={ended.length === 0} onClick={() => setSome('redrive')}>
          Redrive
        </Button>
        <Button disabled={chosen.length !== 2} onClick={() => go(paths.compare(chosen[1]!.arn, chosen[0]!.arn))}>
          Compare
        </Button>
        <ButtonDropdown
          ariaLabel="All that match"
          items={[
            { id: 'stop', text: 'Stop all that match…' },
            { id: 'redrive', text: 'Redrive all that match…' },
          ]}
          onItemClick={({ detail }) => setAll(detail.id as BulkAction)}
        >
          All that match
        </ButtonDropdown>
      </SpaceBetween>
      {some && <SelectionDialog action={some} rows={some === 'stop' ? running : ended} onClose={() => setSome(undefined)} />}
      {all && <BulkDialog action={all} query={asked} onClose={() => setAll(undefined)} />}
    </>
  );
}
