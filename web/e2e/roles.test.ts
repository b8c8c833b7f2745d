import { afterAll, beforeAll, expect, test } from 'vitest';
import { closeBrowser, openPage, type Server, startServer } from './harness';

const token = '0123456789-viewer-0123456789';
let server: Server;

beforeAll(async () => {
  process.env.STATELARK_CONSOLE_TOKEN = token;
  process.env.STATELARK_CONSOLE_TOKEN_ROLE = 'viewer';
  server = await startServer('dev', '--console-auth', 'token');
  delete process.env.STATELARK_CONSOLE_TOKEN;
  delete process.env.STATELARK_CONSOLE_TOKEN_ROLE;
});
afterAll(async () => {
  await closeBrowser();
  await server.stop();
});

test('nobody passes without the token, and a viewer with it changes nothing', async () => {
  const { page, errors, close } = await openPage(server);
  await page.goto('/console/machines');
  await page.waitForURL(/sign-in/);
  await page.goto(`/console/sign-in#token=${token}`);
  await page.waitForURL((url) => !url.pathname.includes('sign-in'));
  expect(page.url()).not.toContain(token);
  await page.goto('/console/machines');
  await page.getByRole('heading', { name: 'State machines' }).first().waitFor();
  expect(await page.getByRole('button', { name: 'Create' }).count()).toBe(0);
  const refused = await page.evaluate(async () => {
    const call = (path: string, body: unknown) =>
      fetch('/api/' + path, { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Statelark-Console': '1' }, body: JSON.stringify(body) }).then((r) => r.status);
    return Promise.all([
      call('aws/CreateStateMachine', { name: 'x', definition: '{}', roleArn: 'x' }),
      call('aws/StartExecution', { stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:x' }),
      call('samples/run', { name: 'order' }),
      call('bulk', { action: 'stop', query: '', dry: false, expect: 0 }),
      call('execution/fork', { arn: 'x', state: 'y' }),
    ]);
  });
  expect(refused).toEqual([403, 403, 403, 403, 403]);
  expect(errors).toEqual([]);
  await close();
});
