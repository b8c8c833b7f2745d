import { useQuery } from '@tanstack/react-query';
import { aws } from '../../api/client';
import type { History } from '../../history/fold';

const mostEvents = 1_000; // a page of AWS's API
const mostBytes = 2_000_000;

// useTexts reads the payloads of the first events of an execution, where they are not too large.
export function useTexts(arn: string, history: History, ended: boolean): ReadonlyMap<number, string> | undefined {
  const bytes = history.events.slice(0, mostEvents).reduce((sum, e) => sum + (e.bytes ?? 0), 0);
  const { data } = useQuery({
    queryKey: ['texts', arn, history.last],
    queryFn: async () => {
      const page = await aws('GetExecutionHistory', { executionArn: arn, maxResults: mostEvents, includeExecutionData: true });
      const texts = new Map<number, string>();
      for (const e of page.events) {
        const text = e.stateEnteredEventDetails?.input ?? e.stateExitedEventDetails?.output;
        if (text !== undefined) texts.set(e.id, text);
      }
      return texts;
    },
    enabled: ended && history.last > 0 && bytes <= mostBytes,
    staleTime: Infinity,
  });
  return data;
}
