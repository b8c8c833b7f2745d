import AppLayout from '@cloudscape-design/components/app-layout';
import SideNavigation, { type SideNavigationProps } from '@cloudscape-design/components/side-navigation';
import TopNavigation from '@cloudscape-design/components/top-navigation';
import { Outlet, useRouterState } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { onSignedOut, post } from '../api/client';
import { useConnection } from '../api/stream';
import { Commander } from './Commander';
import { base, href, useFollow, useGo } from './navigation';
import { NoticeBar } from './NoticeBar';
import { queryClient } from './queries';
import { useMay, useSession } from './session';
import { setPreferences, usePreferences } from './theme';

const link = (text: string, path: string): SideNavigationProps.Item => ({ type: 'link', text, href: href(path) });

function items(admin: boolean): SideNavigationProps.Item[] {
  return [
    link('Overview', '/'),
    link('State machines', '/machines'),
    link('Executions', '/executions'),
    { type: 'divider' },
    link('Open tasks', '/tasks'),
    link('Activities', '/activities'),
    link('Services', '/services'),
    { type: 'divider' },
    link('Studio', '/studio'),
    link('Playground', '/playground'),
    link('Samples', '/samples'),
    { type: 'divider' },
    ...(admin ? [link('Settings', '/settings'), link('Audit log', '/audit')] : []),
  ];
}

// activeOf returns the link whose page, or a page below it, is shown.
function activeOf(pathname: string): string {
  const parts = pathname.split('/').filter(Boolean);
  const first = parts[0] === 'console' ? parts[1] : parts[0];
  if (first === 'mapruns' || first === 'compare') return href('/executions');
  return href('/' + (first ?? ''));
}

function Top({ onPalette }: { onPalette: () => void }) {
  const session = useSession();
  const preferences = usePreferences();
  const go = useGo();
  const live = useConnection();
  const signOut = () => void post('auth/logout', {}).finally(() => (queryClient.clear(), go('/sign-in')));
  return (
    <TopNavigation
      identity={{ href: href('/'), title: 'Statelark', logo: { src: href('/favicon.svg'), alt: '' }, onFollow: (e) => (e.preventDefault(), go('/')) }}
      utilities={[
        { type: 'button' as const, iconName: 'search', text: 'Go to', ariaLabel: 'Go to a page, a state machine or an ARN', onClick: onPalette },
        ...(live ? [] : [{ type: 'button' as const, iconName: 'status-warning' as const, text: 'Not live', title: 'The server does not answer. What is shown may be old.' }]),
        ...(session ? [{ type: 'button' as const, text: `${session.server.region} · ${session.server.account}`, disableUtilityCollapse: false, onClick: () => go('/settings') }] : []),
        {
          type: 'menu-dropdown',
          iconName: 'settings',
          ariaLabel: 'Preferences',
          title: 'Preferences',
          items: [
            { id: 'theme', text: 'Theme', items: choices('theme', preferences.theme, ['system', 'light', 'dark']) },
            { id: 'density', text: 'Density', items: choices('density', preferences.density, ['comfortable', 'compact']) },
            { id: 'time', text: 'Times', items: choices('time', preferences.time, ['local', 'utc', 'relative']) },
          ],
          onItemClick: ({ detail }) => {
            const [name, value] = detail.id.split('=');
            if (name && value) setPreferences({ [name]: value });
          },
        },
        ...(session?.user
          ? [{ type: 'menu-dropdown' as const, iconName: 'user-profile' as const, text: session.user, description: session.role, items: [{ id: 'out', text: 'Sign out' }], onItemClick: signOut }]
          : []),
      ]}
    />
  );
}

function choices(name: string, current: string, values: string[]) {
  return values.map((value) => ({
    id: `${name}=${value}`,
    text: value === 'utc' ? 'UTC' : value[0]!.toUpperCase() + value.slice(1),
    iconName: value === current ? ('check' as const) : undefined,
  }));
}

// useSignIn leads to the page for signing in when the server wants that, and back afterwards.
function useSignIn(): void {
  const go = useGo();
  useEffect(
    () =>
      onSignedOut(() => {
        const path = location.pathname.slice(base.length);
        if (!path.startsWith('/sign-in')) go(`/sign-in?${new URLSearchParams({ return: path + location.search })}`);
      }),
    [go],
  );
}

// useMendedNavigation takes an attribute away that Cloudscape gives to the navigation of narrow windows, and that ARIA does
// not have for it.
function useMendedNavigation(): void {
  useEffect(() => {
    const mend = () => document.querySelectorAll('nav[aria-orientation]').forEach((nav) => nav.removeAttribute('aria-orientation'));
    mend();
    const observer = new MutationObserver(mend);
    observer.observe(document.body, { attributeFilter: ['aria-orientation'], childList: true, subtree: true });
    return () => observer.disconnect();
  }, []);
}

// Shell is what is around every page.
export function Shell() {
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  const follow = useFollow();
  const admin = useMay('admin');
  // The Studio has panes of its own, to the edges; the links are one click away.
  const whole = /\/(studio|edit)\/?$/.test(pathname);
  const [open, setOpen] = useState(() => window.innerWidth > 1000 && !whole);
  useEffect(() => setOpen(window.innerWidth > 1000 && !whole), [whole]);
  const [palette, setPalette] = useState(false);
  useSignIn();
  useMendedNavigation();
  return (
    <>
      <div id="top">
        <Top onPalette={() => setPalette(true)} />
      </div>
      <AppLayout
        headerSelector="#top"
        toolsHide
        disableContentPaddings={whole}
        maxContentWidth={whole ? Number.MAX_VALUE : undefined}
        navigationOpen={open}
        onNavigationChange={({ detail }) => setOpen(detail.open)}
        navigation={<SideNavigation activeHref={activeOf(pathname)} items={items(admin)} onFollow={follow} />}
        notifications={<NoticeBar />}
        content={<Outlet />}
      />
      <Commander open={palette} onOpen={setPalette} />
    </>
  );
}
