/** A test that waits with its machine in a page: after its failure, and before each of its actions. */
import type { Browser } from '@playwright/test';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CHROMIUM, startChromium } from './chromium.js';
import { UserFolder } from './command-line.js';
import { openLivePage } from './live-page.js';
import { echoingGuest } from './tiny-guests.js';

const FILES = {
  'playwright.config.ts': `
import { defineConfig, defineGuests } from 'guestwright';
export default defineConfig({ workers: 2, timeout: 60_000, projects: defineGuests({ guests: { tiny: { memory: 8, floppy: 'guest.img' } } }) });
`,
  'scenarios/fails.spec.ts': `
import { expect, test } from 'guestwright';
test('fails', async ({ machine }) => {
  await expect(machine).toShowText('READY');
  await machine.keyboard.type('once');
  await expect(machine).toShowText('twice', { timeout: 300 });
});
`,
};

let browser: Browser;
let folder: UserFolder;
beforeAll(async () => {
  folder = await UserFolder.installed(FILES);
  await folder.writeBytes('guest.img', echoingGuest());
  if (CHROMIUM !== null) browser = await startChromium();
});
afterAll(async () => {
  if (CHROMIUM !== null) await browser.close();
  await folder[Symbol.asyncDispose]();
});

test.skipIf(CHROMIUM === null)(
  'a failed test waits, its machine can be looked at and used, and then it ends',
  async () => {
    const live = await openLivePage(folder.start(['run', '--reporter=list', '--pause-on-failure']), browser);
    const { page, canvas } = live;
    await page.getByRole('heading', { name: 'fails' }).waitFor();
    await page.locator('.error', { hasText: 'toShowText("twice")' }).waitFor();
    await live.shows(/READY\s+once/);
    await page.getByLabel(/^Try/).fill('once');
    await page.getByRole('button', { name: 'Try', exact: true }).click();
    await page.locator('.said', { hasText: 'would pass: it is there once' }).waitFor();
    await page.getByLabel(/^Try/).fill('onze');
    await page.getByRole('button', { name: 'Try', exact: true }).click();
    await page.locator('.said.bad', { hasText: 'would wait' }).waitFor();
    await canvas.focus();
    await page.keyboard.type('more');
    await live.shows(/READY\s+oncemore/);
    await page.getByRole('button', { name: 'End the test' }).click();
    expect(await live.ended, live.output).toEqual({ exitCode: 1 });
    expect(live.output).toContain('1 failed');
    expect(live.errors.filter((text) => !text.includes('WebSocket'))).toEqual([]);
  },
);

test.skipIf(CHROMIUM === null)('a test goes on action by action, and can be stopped', async () => {
  const live = await openLivePage(folder.start(['run', '--reporter=list', '--debug', '--no-memoise']), browser);
  const { page } = live;
  await page.getByText('Next: Expect the text "READY"').waitFor();
  await page.getByRole('button', { name: 'Step' }).click();
  await page.getByText('Next: Type "once"').waitFor();
  await live.shows('READY');
  await page.getByRole('button', { name: 'Stop the test' }).click();
  expect(await live.ended, live.output).toEqual({ exitCode: 1 });
  expect(live.output).toContain('The test was stopped in its page');
});

test.skipIf(CHROMIUM === null)('a test that is resumed pauses no more until it fails', async () => {
  const live = await openLivePage(folder.start(['run', '--reporter=list', '--debug', '--no-memoise']), browser);
  const { page } = live;
  await page.getByText('Next: Expect the text "READY"').waitFor();
  await page.getByRole('button', { name: 'Resume the test' }).click();
  await page.getByText('The test has failed.').waitFor();
  await page.getByRole('button', { name: 'End the test' }).click();
  expect(await live.ended, live.output).toEqual({ exitCode: 1 });
});
