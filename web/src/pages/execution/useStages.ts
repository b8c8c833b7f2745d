import { useQuery } from '@tanstack/react-query';
import { ApiError, get } from '../../api/client';
import type { EventDetail, Stages } from '../../api/model';
import type { Visit } from '../../history/fold';

// useStages reads what became of the data in a visit; again when something more happened in it.
export function useStages(arn: string, visit: Visit | undefined) {
  return useQuery({
    queryKey: ['stages', arn, visit?.id, visit?.events.length, visit?.end],
    queryFn: ({ signal }) => read(arn, visit!, signal),
    enabled: visit !== undefined,
    staleTime: Infinity,
    placeholderData: (old, query) => (query?.queryKey[2] === visit?.id ? old : undefined),
  });
}

async function read(arn: string, visit: Visit, signal: AbortSignal): Promise<Stages> {
  try {
    return await get<Stages>('execution/stages', { arn, event: visit.id }, signal);
  } catch (error) {
    // What lies between cannot be told, of an execution whose definition is gone for one. The history has both ends.
    if (!(error instanceof ApiError) || error.status === 401 || error.status === 403) throw error;
    return ends(arn, visit, error.message, signal);
  }
}

// Details are the parts of an event that a visit begins and ends with.
interface Details {
  stateEnteredEventDetails?: { input?: string };
  stateExitedEventDetails?: { output?: string; assignedVariables?: Record<string, string> };
}

async function ends(arn: string, visit: Visit, note: string, signal: AbortSignal): Promise<Stages> {
  const event = async (id: number | undefined) => (id === undefined ? undefined : ((await get<EventDetail>('execution/event', { arn, id }, signal)).event as Details));
  const [entered, exited] = await Promise.all([event(visit.id), event(visit.exited)]);
  const assigned = exited?.stateExitedEventDetails?.assignedVariables;
  return {
    state: visit.name,
    queryLanguage: '',
    input: entered?.stateEnteredEventDetails?.input ?? null,
    afterInput: null,
    arguments: null,
    result: null,
    afterSelector: null,
    afterResult: null,
    output: exited?.stateExitedEventDetails?.output ?? null,
    assigned: assigned && Object.fromEntries(Object.entries(assigned).map(([name, text]) => [name, JSON.parse(text) as unknown])),
    note,
  };
}
