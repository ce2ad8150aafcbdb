/** A machine's screen in the page of its host, used as a person uses it, on both engines. */
import type { Browser, Page } from '@playwright/test';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HostClient } from '../server/api/client.js';
import { CHROMIUM, startChromium } from './chromium.js';
import { openPage, picture, servePagedHost, signIn, SLOW_MS } from './host-page.test.helper.js';

let browser: Browser;
beforeAll(async () => {
  if (CHROMIUM !== null) browser = await startChromium();
});
afterAll(async () => {
  if (CHROMIUM !== null) await browser.close();
});

/** What the page shows of the screen: its pixels, in words short enough to compare. */
async function drawn(page: Page): Promise<string> {
  return await page
    .locator('.screen canvas')
    .first()
    .evaluate((canvas: HTMLCanvasElement) => `${canvas.width}x${canvas.height} ${canvas.toDataURL().length}`);
}

test.skipIf(CHROMIUM === null).each(['v86', 'qemu'] as const)('keys, pasted text and control on %s', async (engine) => {
  const { server, token, tokens, client, start, medium } = await servePagedHost();
  await start('echo', { engine, floppy: medium('echo.img'), memory: 16 });
  const params = { name: 'echo' };
  const screen = async () =>
    await client.call('look', { params }).then(
      ({ rows }) => rows?.join('\n') ?? '',
      () => '',
    );
  const shows = async (text: string) => await expect.poll(screen, { timeout: SLOW_MS }).toContain(text);
  await shows('READY');
  const { page, errors } = await openPage(browser, server.url);
  await signIn(page, token);
  await page.getByRole('link', { name: 'echo, running' }).click();
  const canvas = page.locator('.screen canvas').first();
  await expect.poll(async () => await drawn(page), { timeout: SLOW_MS }).toMatch(/^7\d\dx400 \d{4}/);
  const before = await drawn(page);
  await canvas.click();
  await page.keyboard.type('hello by hand');
  await shows('hello by hand');
  await expect.poll(async () => await drawn(page), { timeout: SLOW_MS }).not.toBe(before);
  await expect.poll(async () => await page.getByLabel('Control', { exact: true }).innerText()).toBe('You have control');
  await page.getByRole('button', { name: 'Paste text' }).click();
  await page.getByLabel("It is typed on the guest's keyboard").fill('Pasted & typed: {x}');
  await page.getByRole('button', { name: 'Type it' }).click();
  await shows('Pasted & typed: {x}');
  if (engine === 'qemu') await picture(page, 'host-machine.png');
  // Somebody else takes it: what is typed here does not count any more.
  const other = new HostClient(
    server.url,
    await tokens.make('bob', { host: [], machines: { echo: ['read', 'execute'] } }),
  );
  await other.call('takeControl', { params, body: { force: true } });
  await expect.poll(async () => await page.getByLabel('Control', { exact: true }).innerText()).toBe('bob has control');
  await canvas.click();
  await page.keyboard.type('unheard');
  await page.getByRole('button', { name: 'Take control' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Take control' }).click();
  await expect.poll(async () => await page.getByLabel('Control', { exact: true }).innerText()).toBe('You have control');
  await canvas.click();
  await page.keyboard.type('heard');
  await shows('heard');
  expect(await screen()).not.toContain('unheard');
  // A machine that was saved and goes on has its screen again without a word.
  await client.finish(await client.call('saveMachine', { params }));
  await page.getByText('Start the machine to see its screen.').waitFor();
  await page.getByRole('button', { name: 'Start' }).click();
  await expect.poll(async () => await drawn(page), { timeout: SLOW_MS }).toMatch(/^7\d\dx400 \d{4}/);
  await page.locator('.screen canvas').first().click();
  await page.keyboard.type('again');
  await shows('again');
  expect(errors).toEqual([]);
});
