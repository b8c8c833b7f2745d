import { afterEach, expect, it, vi } from 'vitest';
import { ApiError, aws, get, onSignedOut, post } from './client';

function answer(status: number, body: string) {
  const fetched = vi.fn(async (_url: string, _init?: RequestInit) => new Response(body, { status }));
  vi.stubGlobal('fetch', fetched);
  return fetched;
}
afterEach(() => vi.unstubAllGlobals());

it('leaves out of an address what is not set', async () => {
  const fetched = answer(200, '{"a":1}');
  expect(await get('executions', { q: 'status:FAILED x', cursor: '', n: undefined, count: 1 })).toEqual({ a: 1 });
  expect(fetched.mock.calls[0]![0]).toBe('/api/executions?q=status%3AFAILED+x&count=1');
});

it('sends the header that no form of another page has', async () => {
  const fetched = answer(200, '{}');
  await aws('StopExecution', { executionArn: 'arn:x' });
  const [url, init] = fetched.mock.calls[0]!;
  expect(url).toBe('/api/aws/StopExecution');
  expect(init).toMatchObject({ method: 'POST', body: '{"executionArn":"arn:x"}', headers: { 'X-Statelark-Console': '1', 'Content-Type': 'application/json' } });
});

const failure = (p: Promise<unknown>) => p.then(() => expect.unreachable(), (e: unknown) => e as ApiError);

it('reads failures in our form, in that of AWS, and in none', async () => {
  answer(400, '{"code":"ValidationException","message":"no","start":3}');
  expect(await failure(get('executions'))).toMatchObject({ status: 400, code: 'ValidationException', message: 'no', body: { start: 3 } });
  answer(400, '{"__type":"com.amazonaws#ExecutionDoesNotExist","Message":"gone"}');
  expect(await failure(post('aws/X', {}))).toMatchObject({ code: 'ExecutionDoesNotExist', message: 'gone' });
  answer(502, 'Bad gateway');
  expect(await failure(get('session'))).toMatchObject({ code: 'HTTP 502', message: 'Bad gateway' });
});

it('tells that nobody is signed in', async () => {
  const heard = vi.fn();
  const stop = onSignedOut(heard);
  answer(401, '{"code":"UnauthorizedException","message":"sign in"}');
  await failure(get('session'));
  answer(403, '{"code":"AccessDeniedException","message":"no"}');
  await failure(get('session'));
  expect(heard).toHaveBeenCalledTimes(1);
  stop();
});
