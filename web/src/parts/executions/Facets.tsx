import SegmentedControl from '@cloudscape-design/components/segmented-control';
import { useQueries } from '@tanstack/react-query';
import { get } from '../../api/client';
import type { Executions } from '../../api/model';
import { statusWord } from '../Status';
import { both, valuesOf, withValues } from './query';

const offered = ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'];

interface Props {
  q: string;
  within: string; // a query that all is within
  off: boolean; // nobody knows yet that the query has no mistake: nothing is counted
  onSearch: (q: string) => void;
}

// Facets are the statuses, with how many of what is looked for have each. More than one can be asked for in the bar.
export function Facets({ q, within, off, onSearch }: Props) {
  const rest = withValues(q, 'status', []);
  const counts = useQueries({
    queries: offered.map((status) => {
      const asked = both(`status:${status}`, both(within, rest));
      return {
        queryKey: ['executions', 'count', asked],
        queryFn: ({ signal }: { signal: AbortSignal }) => get<Executions>('executions', { q: asked, n: 1, count: 1 }, signal),
        enabled: !off,
        staleTime: 10_000,
        refetchInterval: 15_000,
        retry: false,
      };
    }),
  });
  const chosen = valuesOf(q, 'status');
  return (
    <SegmentedControl
      label="Status"
      selectedId={chosen.length === 0 ? 'all' : chosen.length === 1 ? chosen[0]! : null}
      options={[
        { id: 'all', text: 'All' },
        ...offered.map((status, i) => {
          const n = counts[i]?.data?.count;
          return { id: status, text: statusWord(status) + (n === undefined ? '' : ` ${n.toLocaleString('en')}`) };
        }),
      ]}
      onChange={({ detail }) => onSearch(withValues(q, 'status', detail.selectedId === 'all' ? [] : [detail.selectedId]))}
    />
  );
}
