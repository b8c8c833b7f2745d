import { afterAll, beforeAll, expect, test } from 'vitest';
import { closeBrowser, machine, openPage, type Server, start, startServer } from './harness';

// What is found, gone to and changed in lists: by keys where keys do it.

let server: Server;
let waits: string;

beforeAll(async () => {
  server = await startServer('dev');
  waits = await machine(server, 'waits', { StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 600, End: true } } });
  const fails = await machine(server, 'fails', { StartAt: 'F', States: { F: { Type: 'Fail', Error: 'Broken', Cause: 'on purpose' } } });
  for (let i = 0; i < 3; i++) await start(server, waits, { order: i }, `run-${i}`);
  await start(server, fails, {}, 'broken');
});
afterAll(async () => {
  await closeBrowser();
  await server.stop();
});

test('a query is written with completion, and a mistake in it has a place', async () => {
  const { page, errors, close } = await openPage(server);
  await page.goto('/console/executions');
  await page.getByRole('link', { name: 'broken' }).waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('sta');
  await page.getByRole('option', { name: /status:/ }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.keyboard.type('FAI');
  await page.getByRole('option', { name: 'FAILED' }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForURL(/q=status%3AFAILED$/);
  await page.getByRole('link', { name: 'run-0' }).waitFor({ state: 'detached' });
  await page.getByRole('link', { name: 'broken' }).waitFor();
  await page.getByRole('combobox', { name: 'Find executions' }).fill('status:FAILED colour:red');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('there is no field "colour"').waitFor();
  expect(await page.getByRole('alert').locator('u').textContent()).toBe('colour');
  expect(errors).toEqual([]);
  await close();
});

test('the palette goes to a state machine and to an ARN', async () => {
  const { page, errors, close } = await openPage(server);
  await page.goto('/console/');
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('option', { name: 'State machines' }).waitFor();
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('combobox');
  await page.keyboard.type('waits');
  await page.getByRole('option', { name: /^waits/ }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'waits' }).waitFor();
  await page.keyboard.press('Control+k');
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('combobox');
  await page.keyboard.insertText(waits.replace('stateMachine:waits', 'execution:waits:run-1'));
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'run-1' }).waitFor();
  expect(errors).toEqual([]);
  await close();
});

test('all that a query matches is counted, and then stopped', async () => {
  const { page, errors, close } = await openPage(server);
  await page.goto('/console/executions?q=machine:waits');
  await page.getByRole('link', { name: 'run-0' }).waitFor();
  await page.getByRole('button', { name: 'All that match' }).click();
  await page.getByText('Stop all that match…').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Stop 3' }).click();
  await page.getByText('Stopped: 3 of 3 executions').waitFor();
  await page.getByText('Aborted 3').waitFor();
  expect(errors).toEqual([]);
  await close();
});

test('a definition in YAML is created, published, and led to by an alias', async () => {
  const { page, errors, close } = await openPage(server);
  await page.goto('/console/machines/new');
  await page.getByLabel('Name').fill('typed');
  await page.locator('.cm-content').click();
  await page.keyboard.insertText('StartAt: A\nStates:\n  A: {Type: Pass, Next: B}\n');
  await page.getByText('/States/A/Next').waitFor();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText('StartAt: A\nStates:\n  A: {Type: Pass, End: true}\n');
  await page.getByText('The definition is valid.').waitFor();
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await page.getByRole('heading', { name: 'typed' }).waitFor();
  await page.getByRole('tab', { name: 'Versions' }).click();
  await page.getByRole('button', { name: 'Publish a version' }).click();
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
  await page.getByText('Version 1').waitFor();
  await page.getByRole('tab', { name: 'Aliases' }).click();
  await page.getByRole('button', { name: 'Create an alias' }).first().click();
  await page.getByRole('dialog').getByLabel('Name').fill('live');
  await page.getByRole('button', { name: /Choose a version/ }).click();
  await page.getByRole('option', { name: 'Version 1' }).click();
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await page.getByText('100 % version 1').waitFor();
  expect(errors).toEqual([]);
  await close();
});
