import { useQuery } from '@tanstack/react-query';
import { post } from '../../../api/client';
import type { EvalResult } from '../../../api/model';
import { useStudio } from '../context';
import { useSettled } from '../server';

// Evaluated shows what an expression gives with the data that is pinned to the selected state.
export function Evaluated({ text }: { text: string }) {
  const { place, pins } = useStudio();
  const pin = place && pins[place.name];
  const expression = useSettled(/^\{%([\s\S]*)%\}$/.exec(text.trim())?.[1]?.trim() ?? '', 300);
  // A result is there once the state was tested.
  const possible = expression !== '' && pin !== undefined && !expression.includes('$states.errorOutput') && (pin.result !== undefined || !expression.includes('$states.result'));
  const { data } = useQuery({
    queryKey: ['eval', expression, pin?.input, pin?.variables, pin?.result],
    queryFn: ({ signal }) => post<EvalResult>('eval', { language: 'jsonata', expression, input: pin?.input ?? '{}', context: '', variables: pin?.variables ?? '', result: pin?.result ?? '' }, signal),
    enabled: possible,
    retry: false,
    staleTime: Infinity,
  });
  if (!possible || !data) return null;
  const shown = data.error ? (data.message ?? data.error) : (data.result ?? 'nothing');
  return (
    <div className={`evaluated${data.error ? ' wrong' : ''}`} aria-live="polite" title="With the input of the test">
      {data.error ? '' : '= '}
      {shown.length > 300 ? shown.slice(0, 299) + '…' : shown}
    </div>
  );
}
