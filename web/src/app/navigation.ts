import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';

export const base = '/console';

// paths are the addresses of pages, without the base.
export const paths = {
  overview: '/',
  machines: '/machines',
  machine: (arn: string) => `/machines/${encodeURIComponent(arn)}`,
  edit: (arn: string) => `/machines/${encodeURIComponent(arn)}/edit`,
  diff: (arn: string, a: string, b: string) => `/machines/${encodeURIComponent(arn)}/diff?${new URLSearchParams({ a, b })}`,
  executions: (q = '') => `/executions${q ? '?' + new URLSearchParams({ q }) : ''}`,
  execution: (arn: string) => `/executions/${encodeURIComponent(arn)}`,
  mapRun: (arn: string) => `/mapruns/${encodeURIComponent(arn)}`,
  compare: (a: string, b: string) => `/compare?${new URLSearchParams({ a, b })}`,
  service: (name: string) => `/services/${name}`,
};

// href is an address as a link has it.
export function href(path: string): string {
  return base + path;
}

// useGo returns a function that shows a page of this console.
export function useGo(): (path: string, options?: { replace?: boolean }) => void {
  const navigate = useNavigate();
  return useCallback(
    (path, options) => {
      const [pathname = '/', search = ''] = path.split('?');
      void navigate({
        to: decodeURI(pathname),
        search: Object.fromEntries(new URLSearchParams(search)),
        replace: options?.replace,
      } as never);
    },
    [navigate],
  );
}

// follow is for onFollow of Cloudscape's links: it stays in the page.
export function useFollow(): (event: CustomEvent<{ href?: string; external?: boolean }>) => void {
  const go = useGo();
  return useCallback(
    (event) => {
      const target = event.detail.href;
      if (!target || event.detail.external || !target.startsWith(base)) return;
      event.preventDefault();
      go(target.slice(base.length) || '/');
    },
    [go],
  );
}

export function useParam(name: string): string {
  const params = useParams({ strict: false }) as Record<string, string | undefined>;
  return params[name] ?? '';
}

type Search = Record<string, string | undefined>;

// useView returns the search parameters, and a function that changes some of them: undefined takes one away.
export function useView(): [Search, (change: Search, options?: { push?: boolean }) => void] {
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const change = useCallback(
    (next: Search, options?: { push?: boolean }) => {
      void navigate({
        to: '.',
        search: (old: Search) => ({ ...old, ...next }),
        replace: !options?.push,
        resetScroll: false,
      } as never);
    },
    [navigate],
  );
  return [search, change];
}
