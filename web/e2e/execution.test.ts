import { afterAll, beforeAll, expect, test } from 'vitest';
import { closeBrowser, ended, executionPage, machine, openPage, type Server, start, startServer } from './harness';

let server: Server;
let failed: string;

const order = {
  StartAt: 'Take',
  States: {
    Take: { Type: 'Pass', Next: 'Both' },
    Both: {
      Type: 'Parallel',
      Branches: [
        { StartAt: 'Each', States: { Each: { Type: 'Map', ItemsPath: '$.items', ItemProcessor: { StartAt: 'Good?', States: { 'Good?': { Type: 'Choice', Choices: [{ Variable: '$.n', NumericGreaterThan: 2, Next: 'Bad' }], Default: 'Pack' }, Pack: { Type: 'Pass', End: true }, Bad: { Type: 'Fail', Error: 'TooMuch' } } }, End: true } } },
        { StartAt: 'Rest', States: { Rest: { Type: 'Wait', Seconds: 1, Next: 'Wake' }, Wake: { Type: 'Pass', End: true } } },
      ],
      Next: 'Send',
    },
    Send: { Type: 'Pass', Next: 'Done' },
    Done: { Type: 'Succeed' },
  },
};

beforeAll(async () => {
  server = await startServer('dev');
  failed = await start(server, await machine(server, 'order', order), { items: [{ n: 1 }, { n: 2 }, { n: 3 }] }, 'failed');
  expect(await ended(server, failed)).toBe('FAILED');
});
afterAll(async () => {
  await closeBrowser();
  await server.stop();
});

const param = (url: string, name: string) => new URL(url).searchParams.get(name);

test('an execution is looked at by keys: views, time travel, failed states, a state by its name', async () => {
  const { page, errors, close } = await openPage(server);
  await page.goto(executionPage(failed));
  await page.locator('[data-state="Each"].status-FAILED').waitFor();
  await page.keyboard.press('2');
  await page.getByRole('region', { name: 'States' }).waitFor();
  await page.keyboard.press('4');
  await page.getByRole('region', { name: 'Events' }).waitFor();
  await page.keyboard.press('1');
  await page.locator('[data-state="Each"]').waitFor();
  await page.keyboard.press(']');
  await expect.poll(() => page.locator('.graph-node.is-selected').count()).toBe(1);
  await page.locator('[data-state="Each"]').focus();
  await page.keyboard.press('/');
  await page.keyboard.type('send');
  await page.keyboard.press('Enter');
  await page.getByText('This state has not been entered.').waitFor();
  await page.keyboard.press('Escape');
  await page.goto(executionPage(failed, '?t=3'));
  await page.locator('[data-state="Take"].status-SUCCEEDED').waitFor();
  expect(await page.locator('[data-state="Each"].status-FAILED').count()).toBe(0);
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => param(page.url(), 't')).toBe('4');
  await page.keyboard.press('Shift+ArrowLeft');
  await expect.poll(() => param(page.url(), 't')).toBe('2');
  expect(errors).toEqual([]);
  await close();
});

test('one iteration is looked at, a container is closed, a state tells its data', async () => {
  const { page, errors, close } = await openPage(server);
  await page.goto(executionPage(failed));
  await page.getByRole('button', { name: '1 failed' }).click();
  await page.locator('[data-state="Bad"].status-FAILED').waitFor();
  expect(await page.locator('[data-state="Pack"].status-SUCCEEDED').count()).toBe(0);
  await page.locator('[data-state="Bad"]').click();
  await page.getByRole('heading', { name: 'Bad' }).waitFor();
  await page.getByLabel('Input of the state').getByText('"n"').waitFor();
  await page.goto(executionPage(failed));
  await page.getByRole('button', { name: 'Close Both' }).click();
  await expect.poll(() => page.locator('[data-state="Each"]').count()).toBe(0);
  await page.getByRole('button', { name: 'Open Both' }).click();
  await page.locator('[data-state="Each"]').waitFor();
  expect(errors).toEqual([]);
  await close();
});

test('two executions are compared', async () => {
  const arn = await machine(server, 'compared', { StartAt: 'A', States: { A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Pass', Result: { n: 1 }, End: true } } });
  const [a, b] = [await start(server, arn, { n: 17 }, 'a'), await start(server, arn, { n: 18 }, 'b')];
  expect([await ended(server, a), await ended(server, b)]).toEqual(['SUCCEEDED', 'SUCCEEDED']);
  const { page, errors, close } = await openPage(server);
  await page.goto(`/console/compare?${new URLSearchParams({ a, b })}`);
  await page.getByText('The first difference: the input of A.').waitFor(); // of the same size
  await page.getByRole('button', { name: 'Show it' }).click();
  await page.getByText('Data of A').waitFor();
  expect(errors).toEqual([]);
  await close();
});
