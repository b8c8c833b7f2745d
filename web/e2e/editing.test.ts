import { afterAll, beforeAll, expect, test } from 'vitest';
import { closeBrowser, machine, openPage, type Server, startServer } from './harness';

let server: Server;

beforeAll(async () => {
  server = await startServer('dev');
});
afterAll(async () => {
  await closeBrowser();
  await server.stop();
});

test('fields and text have one history', async () => {
  const arn = await machine(server, 'edited', { StartAt: 'A', States: { A: { Type: 'Wait', Seconds: 1, Next: 'B' }, B: { Type: 'Pass', End: true } } });
  const { page, errors, close } = await openPage(server);
  await page.goto(`/console/machines/${encodeURIComponent(arn)}/edit?view=both`);
  await page.locator('[data-state="A"]').click();
  await page.getByLabel('Seconds', { exact: true }).fill('-1');
  await page.locator('.problems').getByText('line').waitFor();
  await page.locator('.code-json .cm-content').click();
  await page.keyboard.press('Control+Home');
  await page.keyboard.type('?');
  await page.locator('.canvas.stale').waitFor();
  for (let i = 0; i < 5; i++) await page.keyboard.press('Control+z');
  await page.getByText('No problems').waitFor();
  expect(await page.locator('.canvas.stale').count()).toBe(0);
  expect(errors).toEqual([]);
  await close();
});

test('a state is tested, and what comes up to it is run', async () => {
  const arn = await machine(server, 'tested', {
    QueryLanguage: 'JSONata',
    StartAt: 'Double',
    States: { Double: { Type: 'Pass', Output: { n: '{% $states.input.n * 2 %}' }, Next: 'Bad' }, Bad: { Type: 'Fail', Error: 'Never' } },
  });
  const { page, errors, close } = await openPage(server);
  await page.goto(`/console/machines/${encodeURIComponent(arn)}/edit?view=canvas`);
  await page.locator('[data-state="Double"]').click();
  await page.getByRole('tab', { name: 'Test' }).click();
  const input = page.getByLabel('Input of the test');
  await input.click();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText('{"n": 21}');
  await page.getByRole('button', { name: 'Test state' }).click();
  await page.getByText('goes on with Bad').waitFor();
  await page.getByLabel('Output', { exact: true }).getByText('42').waitFor();
  await page.getByText('Input of “Run up to here”').click();
  await page.getByLabel('Input of the workflow').click();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText('{"n": 4}');
  await page.getByRole('button', { name: 'Run up to here' }).click();
  await page.getByLabel('Output', { exact: true }).getByText('8').waitFor();
  // The machine that ran it is gone, or on its way.
  await expect.poll(async () => (await server.aws<{ stateMachines: { name: string }[] }>('ListStateMachines', {})).stateMachines.filter((m) => m.name.includes('upto'))).toEqual([]);
  expect(errors).toEqual([]);
  await close();
});
