import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiError, get, post } from '../../api/client';
import { base, useGo, useView } from '../../app/navigation';
import { queryClient } from '../../app/queries';
import { ErrorAlert } from '../../parts/ErrorAlert';

// What GET /api/auth/mode says. A server at which nobody signs in has no such address.
interface Mode {
  auth: string;
  login?: string;
}

async function modeOf(signal: AbortSignal): Promise<Mode> {
  try {
    return await get<Mode>('auth/mode', {}, signal);
  } catch (e) {
    if (e instanceof ApiError && e.status === 404) return { auth: 'none' };
    throw e;
  }
}

// tokenInAddress takes the token out of the fragment of the address, which then is in no history.
function tokenInAddress(): string {
  const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
  if (token) history.replaceState(history.state, '', location.pathname + location.search);
  return token;
}

// pageAfter is the page that somebody wanted to see: one of the console, and never another site.
function pageAfter(wanted: string | undefined): string {
  return wanted && /^\/(?!\/)/.test(wanted) ? wanted : '/';
}

export default function SignInPage() {
  const [view] = useView();
  const go = useGo();
  const after = pageAfter(view.return);
  const mode = useQuery({ queryKey: ['auth'], queryFn: ({ signal }) => modeOf(signal) });
  const [error, setError] = useState<unknown>(view.error ? new Error(`Signing in did not succeed: ${view.error}`) : undefined);
  const [busy, setBusy] = useState(false);
  const exchange = useCallback(
    async (token: string) => {
      setBusy(true);
      setError(undefined);
      try {
        await post('auth/token', { token });
        await queryClient.resetQueries();
        go(after, { replace: true });
      } catch (e) {
        setError(e);
      }
      setBusy(false);
    },
    [after, go],
  );
  const tried = useRef(false);
  useEffect(() => {
    const token = tried.current ? '' : tokenInAddress();
    tried.current = true;
    if (token) void exchange(token);
  }, [exchange]);
  useEffect(() => {
    if (mode.data?.auth === 'none') go(after, { replace: true });
  }, [mode.data, after, go]);
  return (
    <Box padding={{ top: 'xxxl' }}>
      <div style={{ margin: '0 auto', maxInlineSize: 480 }}>
        <Container header={<Header variant="h1">Sign in to Statelark</Header>}>
          <SpaceBetween size="m">
            {error !== undefined && <ErrorAlert error={error} />}
            {mode.error && <ErrorAlert error={mode.error} retry={() => void mode.refetch()} />}
            {mode.isPending && <Spinner />}
            {mode.data?.auth === 'token' && <Token busy={busy} onToken={(token) => void exchange(token)} />}
            {mode.data?.auth === 'oidc' && (
              <Button variant="primary" href={`${mode.data.login ?? '/api/auth/login'}?${new URLSearchParams({ return: base + after })}`}>
                Sign in with your organisation
              </Button>
            )}
            {mode.data?.auth === 'proxy' && <div>The proxy in front of this server signs people in, and has not said who you are.</div>}
          </SpaceBetween>
        </Container>
      </div>
    </Box>
  );
}

function Token({ busy, onToken }: { busy: boolean; onToken: (token: string) => void }) {
  const [token, setToken] = useState('');
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        onToken(token.trim());
      }}
    >
      <SpaceBetween size="m">
        <FormField label="Token" description="The server printed it, with a link, when it began." stretch>
          <Input type="password" value={token} onChange={({ detail }) => setToken(detail.value)} autoFocus autoComplete="current-password" />
        </FormField>
        <Button variant="primary" formAction="submit" loading={busy} disabled={token.trim() === ''}>
          Sign in
        </Button>
      </SpaceBetween>
    </form>
  );
}
