import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { closeBrowser, ended, executionPage, machine, openPage, type Server, start, startServer } from './harness';

// Every page, in both themes, wide and narrow: no serious finding of axe, no error, no request to anywhere else. With
// STATELARK_SHOTS=FOLDER each is written there as a picture.

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const shots = process.env.STATELARK_SHOTS;

let server: Server;
let pages: Record<string, string> = {};

const saga = {
  Comment: 'Reserve and charge, or give everything back',
  QueryLanguage: 'JSONata',
  StartAt: 'Reserve',
  States: {
    Reserve: { Type: 'Parallel', Branches: [branch('Reserve a seat'), branch('Reserve a meal')], Next: 'Charge' },
    Charge: {
      Type: 'Task',
      Resource: 'arn:aws:states:::sqs:sendMessage',
      Arguments: { QueueUrl: 'http://sqs/000000000000/charges', MessageBody: '{% $string($states.context.Execution.Input) %}' },
      Assign: { charged: '{% $states.context.Execution.Input.amount %}' },
      Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 1, MaxAttempts: 2 }],
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Give back' }],
      Next: 'Enough?',
    },
    'Enough?': { Type: 'Choice', Choices: [{ Condition: '{% $charged > 100 %}', Next: 'Give back' }], Default: 'Tell' },
    Tell: { Type: 'Map', Items: ['mail', 'phone', 'post'], ItemProcessor: { StartAt: 'Send', States: { Send: { Type: 'Pass', End: true } } }, End: true },
    'Give back': { Type: 'Pass', Next: 'Not booked' },
    'Not booked': { Type: 'Fail', Error: 'TooExpensive', Cause: '{"limit": 100, "hint": "Ask somebody who may spend more."}' },
  },
};

function branch(name: string) {
  return { StartAt: name, States: { [name]: { Type: 'Wait', Seconds: 1, End: true } } };
}

beforeAll(async () => {
  server = await startServer('dev');
  const booking = await machine(server, 'booking', saga);
  const failed = await start(server, booking, { customer: { id: 7 }, amount: 140 }, 'booking-7');
  const good = await start(server, booking, { customer: { id: 8 }, amount: 40 }, 'booking-8');
  for (let i = 9; i < 24; i++) await start(server, booking, { customer: { id: i }, amount: i * 8 }, `booking-${i}`);
  const asking = { StartAt: 'Ask', States: { Ask: { Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken', HeartbeatSeconds: 3600, Parameters: { QueueUrl: 'http://sqs/000000000000/asked', 'MessageBody.$': '$$.Task.Token' }, End: true } } };
  await start(server, await machine(server, 'approval', asking), { amount: 1200 }, 'order-1');
  await server.aws('CreateActivity', { name: 'paint' });
  const each = { StartAt: 'Each', States: { Each: { Type: 'Map', ToleratedFailurePercentage: 50, ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }, StartAt: 'Odd?', States: { 'Odd?': { Type: 'Choice', Choices: [{ Variable: '$', NumericEquals: 3, Next: 'Bad' }], Default: 'Good' }, Good: { Type: 'Pass', End: true }, Bad: { Type: 'Fail', Error: 'Three' } } }, End: true } } };
  const mapped = await start(server, await machine(server, 'each', each), [1, 2, 3, 4, 5, 6, 7, 8]);
  await server.post('samples/run', { name: 'transfer-data-records' });
  expect(await ended(server, failed)).toBe('FAILED');
  expect(await ended(server, good)).toBe('SUCCEEDED');
  await ended(server, mapped);
  const { mapRuns } = await server.aws<{ mapRuns: { mapRunArn: string }[] }>('ListMapRuns', { executionArn: mapped });
  await server.aws('PublishStateMachineVersion', { stateMachineArn: booking });
  const later = { ...saga, States: { ...saga.States, 'Give back': { Type: 'Wait', Seconds: 1, Next: 'Not booked' } } };
  await server.aws('UpdateStateMachine', { stateMachineArn: booking, definition: JSON.stringify(later, null, 2) });
  const m = encodeURIComponent(booking);
  pages = {
    overview: '/console/',
    machines: '/console/machines',
    machine: `/console/machines/${m}`,
    grid: `/console/machines/${m}?tab=grid`,
    diff: `/console/machines/${m}/diff?${new URLSearchParams({ a: `${booking}:1`, b: booking })}`,
    studio: `/console/machines/${m}/edit`,
    executions: '/console/executions?q=' + encodeURIComponent('machine:booking status:FAILED'),
    execution: executionPage(failed),
    states: executionPage(failed, '?view=states'),
    waterfall: executionPage(failed, '?view=waterfall'),
    events: executionPage(failed, '?view=events'),
    data: executionPage(failed, '?view=data'),
    compare: `/console/compare?${new URLSearchParams({ a: good, b: failed })}`,
    maprun: `/console/mapruns/${encodeURIComponent(mapRuns[0]!.mapRunArn)}`,
    tasks: '/console/tasks',
    activities: '/console/activities',
    services: '/console/services',
    table: '/console/services/dynamodb?id=transfer-data-records',
    playground: '/console/playground',
    samples: '/console/samples',
    import: '/console/machines/new',
    settings: '/console/settings',
    audit: '/console/audit',
  };
});
afterAll(async () => {
  await closeBrowser();
  await server.stop();
});

interface Finding {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary?: string }[];
}

async function findings(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(axe, 'utf8')); // as a debugger would: the policy lets no script in
  const found = await page.evaluate(() =>
    (window as unknown as { axe: { run: (context: unknown, options: unknown) => Promise<{ violations: Finding[] }> } }).axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations),
  );
  return found
    .filter((f) => f.impact === 'serious' || f.impact === 'critical')
    .map((f) => `${f.id} (${f.nodes.length}): ${f.nodes[0]!.html.slice(0, 160)} ${f.nodes[0]!.failureSummary?.slice(0, 200) ?? ''}`);
}

const forms: ['light' | 'dark', number][] = [
  ['light', 1440],
  ['dark', 1440],
  ['light', 420],
];
if (shots) forms.push(['dark', 420]);

describe.each(forms)('%s, %i wide', (mode, width) => {
  test('every page', async () => {
    const { page, errors, close } = await openPage(server, { dark: mode === 'dark', width, height: width > 1000 ? 950 : 900 });
    const wrong: string[] = [];
    for (const [name, path] of Object.entries(pages)) {
      await page.goto(path, { waitUntil: 'load' });
      await page.locator('h1, .react-flow, .cm-editor').first().waitFor();
      await page.waitForLoadState('networkidle', { timeout: 600 }).catch(() => {}); // the stream never ends
      await page.waitForTimeout(250);
      if (shots) {
        await mkdir(shots, { recursive: true });
        await page.screenshot({ path: join(shots, `${name}-${mode}-${width}.png`) });
      }
      for (const f of await findings(page)) wrong.push(`${name}: ${f}`);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (overflow > 2) wrong.push(`${name}: the page is ${overflow} px wider than its window`);
    }
    expect(wrong).toEqual([]);
    expect(errors).toEqual([]);
    await close();
  }, 300_000);
});
