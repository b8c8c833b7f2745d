import { afterAll, beforeAll, expect, test } from 'vitest';
import { closeBrowser, ended, executionPage, machine, openPage, type Server, start } from './harness';

let server: Server;

beforeAll(async () => {
  server = await startFresh();
});
afterAll(async () => {
  await closeBrowser();
  await server.stop();
});

async function startFresh(): Promise<Server> {
  const { startServer } = await import('./harness');
  return startServer('dev');
}

test('a sample is run from the empty state', async () => {
  const { page, errors, close } = await openPage(server);
  await page.goto('/');
  expect(page.url()).toBe(`${server.url}/console/`);
  await page.getByText('No state machine yet').waitFor();
  await page.getByRole('button', { name: 'Run a sample' }).click();
  await page.getByRole('button', { name: /^Run/ }).first().waitFor();
  await page.getByRole('button', { name: /Run.*order/i }).first().click();
  await page.waitForURL(/\/console\/executions\//);
  await page.getByText('Succeeded').first().waitFor();
  await page.locator('[data-state="Ship"].status-SUCCEEDED').waitFor();
  expect(errors).toEqual([]);
  await close();
});

const slow = {
  StartAt: 'First',
  States: {
    First: { Type: 'Wait', Seconds: 5, Next: 'Second' },
    Second: { Type: 'Pass', Next: 'Third' },
    Third: { Type: 'Wait', Seconds: 5, End: true },
  },
};

test('an execution is watched live', async () => {
  const arn = await start(server, await machine(server, 'slow', slow), {});
  const { page, errors, close } = await openPage(server);
  await page.goto(executionPage(arn));
  await page.locator('[data-state="First"].status-RUNNING').waitFor();
  await page.locator('[data-state="Third"].status-RUNNING').waitFor();
  expect(await page.locator('[data-state="First"].status-SUCCEEDED').count()).toBe(1);
  await page.locator('[data-state="Third"].status-SUCCEEDED').waitFor();
  await page.getByText('Succeeded').first().waitFor();
  expect(errors).toEqual([]);
  await close();
});

const failing = {
  QueryLanguage: 'JSONata',
  StartAt: 'Check',
  States: {
    Check: { Type: 'Choice', Choices: [{ Condition: '{% $states.input.amount > 100 %}', Next: 'Too much' }], Default: 'Pay' },
    'Too much': { Type: 'Fail', Error: 'TooMuch', Cause: 'The amount is over 100.' },
    Pay: { Type: 'Pass', Output: { paid: '{% $states.input.amount %}' }, End: true },
  },
};

test('a failed execution is found by a value of its input, redriven, and run again with another input', async () => {
  const pay = await machine(server, 'pay', failing);
  for (let i = 0; i < 20; i++) await start(server, pay, { order: { id: 1000 + i }, amount: i });
  const bad = await start(server, pay, { order: { id: 4711 }, amount: 500 }, 'the-bad-one');
  expect(await ended(server, bad)).toBe('FAILED');
  const { page, errors, close } = await openPage(server);
  await page.goto('/console/executions');
  const search = page.getByRole('textbox').or(page.getByRole('searchbox')).or(page.getByRole('combobox')).first();
  await search.fill('status:FAILED input.order.id=4711');
  await search.press('Enter');
  await page.getByRole('link', { name: 'the-bad-one' }).click();
  await page.getByText('TooMuch').first().waitFor();

  await page.getByRole('button', { name: 'Redrive' }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Redrive' }).click();
  await page.getByText('Redrives').first().waitFor();
  expect(await ended(server, bad)).toBe('FAILED');

  await page.getByRole('button', { name: 'Run again from here' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: /Too much/ }).click();
  await page.getByRole('option', { name: 'Check' }).click();
  const other = dialog.getByRole('checkbox', { name: 'Give another input' });
  if (await other.isVisible()) await other.check();
  const input = dialog.getByRole('textbox', { name: 'Input of the state' });
  await expect.poll(() => input.inputValue()).toContain('500');
  await input.fill('{"order": {"id": 4711}, "amount": 50}');
  await dialog.getByRole('button', { name: 'Run', exact: true }).click();
  await page.waitForURL((url) => !url.pathname.includes('the-bad-one'));
  await page.locator('[data-state="Pay"].status-SUCCEEDED').waitFor();
  await page.getByText('Run again from').first().waitFor();
  expect(errors).toEqual([]);
  await close();
});

const asking = {
  StartAt: 'Ask',
  States: {
    Ask: { Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken', Parameters: { QueueUrl: 'http://sqs/000000000000/asked', 'MessageBody.$': '$$.Task.Token' }, End: true },
  },
};

test('an open task is answered by a form', async () => {
  const arn = await start(server, await machine(server, 'asking', asking), {}, 'waits-for-me');
  const { page, errors, close } = await openPage(server);
  await page.goto('/console/tasks');
  await page.getByRole('button', { name: /Answer Ask of waits-for-me/ }).click();
  await page.getByRole('textbox', { name: 'Output' }).fill('{"approved": true}');
  await page.getByRole('button', { name: 'Send' }).click();
  expect(await ended(server, arn)).toBe('SUCCEEDED');
  const { output } = await server.aws<{ output: string }>('DescribeExecution', { executionArn: arn });
  expect(JSON.parse(output)).toEqual({ approved: true });
  expect(errors).toEqual([]);
  await close();
});
