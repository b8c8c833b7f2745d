import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { ErrorPage } from './ErrorPage';
import { NotFound } from './NotFound';
import { Shell } from './Shell';

// Every page is a folder of src/pages, loaded when it is first shown. Search parameters are plain texts: what a page shows
// of them (tab, filter, selection, position) is in its address and nowhere else.
const root = createRootRoute({ component: Shell, notFoundComponent: NotFound, errorComponent: ErrorPage });

type Page = () => Promise<{ default: () => React.ReactNode }>;

function page(path: string, load: Page) {
  return createRoute({
    getParentRoute: () => root,
    path,
    component: lazyRouteComponent(load),
    validateSearch: (search: Record<string, unknown>) => search as Record<string, string | undefined>,
  });
}

const pages = [
  page('/', () => import('../pages/overview')),
  page('/machines', () => import('../pages/machines')),
  page('/machines/new', () => import('../pages/newmachine')),
  page('/machines/$arn', () => import('../pages/machine')),
  page('/machines/$arn/edit', () => import('../pages/studio')),
  page('/machines/$arn/diff', () => import('../pages/diff')),
  page('/executions', () => import('../pages/executions')),
  page('/executions/$arn', () => import('../pages/execution')),
  page('/mapruns/$arn', () => import('../pages/maprun')),
  page('/compare', () => import('../pages/compare')),
  page('/activities', () => import('../pages/activities')),
  page('/tasks', () => import('../pages/tasks')),
  page('/playground', () => import('../pages/playground')),
  page('/studio', () => import('../pages/studio')),
  page('/samples', () => import('../pages/samples')),
  page('/services', () => import('../pages/services')),
  page('/services/$service', () => import('../pages/services')),
  page('/settings', () => import('../pages/settings')),
  page('/audit', () => import('../pages/audit')),
  page('/sign-in', () => import('../pages/signin')),
  page('/arn/$', () => import('../pages/resolve')),
  page('/v2/executions/details/$', () => import('../pages/resolve')),
];

function parseSearch(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

function stringifySearch(search: Record<string, unknown>): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(search)) {
    if (value !== undefined && value !== null && value !== '') params.set(key, String(value));
  }
  const text = params.toString();
  return text ? '?' + text : '';
}

export const router = createRouter({
  routeTree: root.addChildren(pages),
  basepath: '/console',
  defaultPreload: 'intent',
  parseSearch,
  stringifySearch,
  scrollRestoration: true,
});
