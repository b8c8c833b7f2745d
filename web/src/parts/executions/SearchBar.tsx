import Autosuggest, { type AutosuggestProps } from '@cloudscape-design/components/autosuggest';
import Box from '@cloudscape-design/components/box';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { ApiError, get } from '../../api/client';
import type { Machines, QueryFailure } from '../../api/model';
import { complete, place } from './query';

interface Props {
  q: string;
  onSearch: (q: string) => void;
  error: unknown;
}

function useMachineNames(): string[] {
  const { data } = useQuery({ queryKey: ['machines'], queryFn: ({ signal }) => get<Machines>('machines', {}, signal), staleTime: 60_000 });
  return data?.machines.map((m) => m.name) ?? [];
}

function grouped(text: string, machines: string[]): AutosuggestProps.Options {
  const found = complete(text, machines);
  return [...new Set(found.map((c) => c.group))].map((label) => ({ label, options: found.filter((c) => c.group === label) }));
}

// SearchBar is where people write what they look for. It is searched for at Enter, and when a value was chosen.
export function SearchBar({ q, onSearch, error }: Props) {
  const [text, setText] = useState(q);
  const machines = useMachineNames();
  const chosen = useRef(false); // by the Enter that is being heard: it looks for nothing yet
  useEffect(() => setText(q), [q]);
  return (
    <div data-search>
      <Autosuggest
        value={text}
        options={grouped(text, machines)}
        filteringType="manual"
        hideEnteredTextOption
        placeholder='Find: status:FAILED input.customer.id=7 started>2h "free text"'
        ariaLabel="Find executions"
        empty=""
        onChange={({ detail }) => {
          setText(detail.value);
          if (detail.value === '') onSearch('');
        }}
        onSelect={({ detail }) => {
          if (!detail.selectedOption) return; // an Enter with nothing chosen, which is heard below
          chosen.current = true;
          setTimeout(() => (chosen.current = false));
          setText(detail.value);
          if (detail.value.endsWith(' ')) onSearch(detail.value.trim());
        }}
        onKeyDown={({ detail }) => {
          if (detail.key === 'Enter' && !chosen.current) onSearch(text.trim());
        }}
      />
      <Mistake q={q} error={error} />
    </div>
  );
}

// Mistake shows where a query is wrong.
function Mistake({ q, error }: { q: string; error: unknown }) {
  const failure = error instanceof ApiError && error.status === 400 ? (error.body as Partial<QueryFailure> | undefined) : undefined;
  if (failure?.start === undefined) return null;
  const { start, end } = place(q, { start: failure.start, end: failure.end ?? failure.start });
  return (
    <div role="alert">
      <Box color="text-status-error" padding={{ top: 'xxs' }}>
        <span className="mono" aria-hidden>
          {q.slice(0, start)}
          <u style={{ textDecorationStyle: 'wavy' }}>{q.slice(start, end) || '⎵'}</u>
          {q.slice(end)}
        </span>
        {' – '}
        {failure.message}
      </Box>
    </div>
  );
}
