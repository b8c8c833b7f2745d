import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { get, post } from '../../api/client';
import type { Layout } from '../../api/layout';
import type { Diagnostic, Integrations, Parameters, Validation } from '../../api/model';
import type { Tree } from '../../studio/document';

// useSettled returns a value once it has not changed for a while.
export function useSettled<T>(value: T, ms: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}

const forever = { staleTime: Infinity, gcTime: 60_000, refetchOnWindowFocus: false, retry: false } as const;

// useLayout returns the picture of the last text that was JSON.
export function useLayout(tree: Tree): { layout: Layout | undefined; stale: boolean; error: unknown } {
  const readable = tree.faults.length === 0 && tree.root?.type === 'object';
  const [last, setLast] = useState(readable ? tree.text : '{}');
  if (readable && last !== tree.text) setLast(tree.text);
  const { data, error } = useQuery({
    queryKey: ['layout', last],
    queryFn: ({ signal }) => post<Layout>('layout', { definition: last }, signal),
    placeholderData: keepPreviousData,
    ...forever,
  });
  return { layout: data, stale: !readable, error };
}

function faultOf(tree: Tree): Diagnostic[] {
  return tree.faults.slice(0, 1).map((f) => ({
    severity: 'ERROR',
    code: 'SYNTAX',
    message: f.message,
    pointer: '',
    start: f.start,
    end: f.end,
    line: tree.text.slice(0, f.start).split('\n').length,
  }));
}

// useDiagnostics returns what the server's validator says of a text. Until it has said something of the present one, what
// it said before stands, so that nothing flickers while somebody types; fresh tells which it is.
export function useDiagnostics(tree: Tree, type: string): { diagnostics: Diagnostic[]; fresh: boolean } {
  const text = useSettled(tree.text, 200);
  const { data, isPlaceholderData } = useQuery({
    queryKey: ['validate', type, text],
    queryFn: ({ signal }) => post<Validation>('validate', { text, type }, signal),
    placeholderData: keepPreviousData,
    ...forever,
  });
  const faults = useMemo(() => faultOf(tree), [tree]);
  const fresh = data !== undefined && !isPlaceholderData && text === tree.text;
  if (!fresh && faults.length > 0) return { diagnostics: faults, fresh: true };
  return { diagnostics: data?.diagnostics ?? none, fresh };
}

const none: Diagnostic[] = [];

export const integrationsQuery = queryOptions({
  queryKey: ['integrations'],
  queryFn: ({ signal }) => get<Integrations>('integrations', {}, signal),
  ...forever,
  gcTime: Infinity,
});

export function useParameters(resource: string) {
  return useQuery({
    queryKey: ['parameters', resource],
    queryFn: ({ signal }) => get<Parameters>('integrations/parameters', { resource }, signal),
    enabled: resource.startsWith('arn:') && resource.includes(':states:::'),
    ...forever,
  });
}
