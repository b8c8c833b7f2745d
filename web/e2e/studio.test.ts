import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Page } from 'playwright-core';
import { closeBrowser, openPage, type Server, startServer } from './harness';

let server: Server;

beforeAll(async () => {
  server = await startServer('dev');
});
afterAll(async () => {
  await closeBrowser();
  await server.stop();
});

// drag takes a piece of the palette with the mouse and drops it on an element that is there while something is dragged.
async function drag(page: Page, piece: string, onto: string): Promise<void> {
  const from = page.locator(`[data-piece="${piece}"]`).first();
  const box = (await from.boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2 + 30, box.y + box.height / 2 + 10, { steps: 4 });
  const target = page.locator(onto).last();
  await target.waitFor({ state: 'visible' });
  const to = (await target.boundingBox())!;
  await page.mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 12 });
  await page.mouse.up();
}

async function saveAndRun(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: /More ways to save|Save and/ }).or(page.locator('[aria-haspopup]').filter({ hasText: '' }).last()).first().click();
  await page.getByRole('menuitem', { name: 'Save and run' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name of the state machine').fill(name);
  await dialog.getByRole('button', { name: 'Create' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Start' }).click();
  await page.waitForURL(/\/console\/executions\//);
  await page.getByText('Succeeded').first().waitFor();
}

async function definitionOf(name: string): Promise<{ StartAt: string; States: Record<string, { Type: string }> }> {
  const { definition } = await server.aws<{ definition: string }>('DescribeStateMachine', {
    stateMachineArn: `arn:aws:states:us-east-1:000000000000:stateMachine:${name}`,
  });
  return JSON.parse(definition);
}

const types = (d: { States: Record<string, { Type: string }> }) => Object.values(d.States).map((s) => s.Type);

test('a workflow of four states is drawn with the mouse, saved, run, and succeeds', async () => {
  const { page, errors, close } = await openPage(server, { width: 1600, height: 1000 });
  await page.goto('/console/studio');
  await drag(page, 'flow:Pass', '.graph.canvas');
  await page.locator('[data-state]').nth(0).waitFor();
  for (const [i, piece] of ['Pass', 'Wait', 'Succeed'].entries()) {
    await drag(page, `flow:${piece}`, '[data-point].zone');
    await expect.poll(() => page.locator('[data-state]').count()).toBeGreaterThan(i + 1);
  }
  await page.getByText('No problems').waitFor();
  await saveAndRun(page, 'drawn');
  const drawn = await definitionOf('drawn');
  expect(types(drawn).sort()).toEqual(['Pass', 'Pass', 'Succeed', 'Wait']);
  expect(errors).toEqual([]);
  await close();
});

test('the same by keys alone', async () => {
  const { page, errors, close } = await openPage(server, { width: 1600, height: 1000 });
  await page.goto('/console/studio');
  await page.locator('.graph.canvas').focus();
  for (const [i, word] of ['Pass', 'Wait', 'Pass', 'Succeed'].entries()) {
    await page.keyboard.press('a');
    await page.locator('input:focus').waitFor();
    await page.keyboard.type(word);
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('[data-state]').count()).toBe(i + 1);
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('data-state') ?? '')).not.toBe('');
  }
  await page.keyboard.press('Control+z');
  await expect.poll(() => page.locator('[data-state]').count()).toBe(3);
  await page.keyboard.press('Control+y');
  await expect.poll(() => page.locator('[data-state]').count()).toBe(4);
  await page.keyboard.press('Control+s');
  await page.locator('[role=dialog] input:focus').waitFor();
  await page.keyboard.type('typed');
  await page.keyboard.press('Enter');
  await expect.poll(() => definitionOf('typed').then(types, () => [])).toEqual(['Pass', 'Wait', 'Pass', 'Succeed']);
  await page.waitForURL(/\/edit/);
  await page.getByRole('link', { name: 'State machine' }).waitFor(); // it is one now
  await page.locator('[data-state]').nth(3).waitFor();
  await page.keyboard.press('Control+Enter');
  await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).press('Enter');
  await page.waitForURL(/\/console\/executions\//);
  await page.locator('[data-state].status-SUCCEEDED').nth(3).waitFor();
  expect(errors).toEqual([]);
  await close();
});

test('text that cannot be read locks nothing', async () => {
  const { page, errors, close } = await openPage(server, { width: 1600, height: 1000 });
  await page.goto('/console/studio');
  await drag(page, 'flow:Pass', '.graph.canvas');
  const code = page.locator('.cm-content').first();
  await code.click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type('oops');
  await page.locator('.canvas.stale').waitFor();
  expect(await page.locator('[data-state]').count()).toBe(1);
  await page.keyboard.press('Control+z');
  await page.locator('.canvas.stale').waitFor({ state: 'detached' });
  expect(errors).toEqual([]);
  await close();
});
