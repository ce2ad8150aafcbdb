/** The page of a host in a real browser, against a real daemon with real machines. */
import type { Browser } from '@playwright/test';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CHROMIUM, startChromium } from './chromium.js';
import { openPage, picture, servePagedHost, signIn, SLOW_MS } from './host-page.test.helper.js';

let browser: Browser;
beforeAll(async () => {
  if (CHROMIUM !== null) browser = await startChromium();
});
afterAll(async () => {
  if (CHROMIUM !== null) await browser.close();
});

test.skipIf(CHROMIUM === null)('who has no right token is told so, and a right one opens the host', async () => {
  const { server, token } = await servePagedHost();
  const { page, errors } = await openPage(browser, server.url);
  await signIn(page, 'x'.repeat(43));
  await expect.poll(async () => await page.getByRole('alert').innerText()).toContain('A token of this host is needed');
  await signIn(page, token);
  await page.getByText('No machine yet.').waitFor();
  expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain(token);
  // A token is the tab's: it outlives a reload, and nothing else.
  await page.reload();
  await page.getByText('No machine yet.').waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  expect(await page.evaluate(() => JSON.stringify(sessionStorage))).not.toContain(token);
  expect(errors).toEqual([]);
});

test.skipIf(CHROMIUM === null)('a machine is made of an image in a few clicks, and its thumbnail lives', async () => {
  const { server, token, client, start, medium } = await servePagedHost();
  await start('ticking', { floppy: medium('ticking.img'), memory: 8 });
  const { page, errors } = await openPage(browser, server.url);
  await signIn(page, token);
  const card = page.getByRole('listitem').filter({ has: page.getByRole('group', { name: 'Power of ticking' }) });
  const address = async () => await card.locator('img').first().getAttribute('src');
  await expect.poll(address, { timeout: SLOW_MS }).toMatch(/^blob:/);
  const first = await address();
  await expect.poll(address, { timeout: SLOW_MS }).not.toBe(first);
  await page.getByRole('button', { name: 'New machine' }).click();
  await page.getByRole('radio', { name: /grub-rescue/ }).check();
  await page.getByLabel('Name').fill('made');
  await page.getByRole('button', { name: 'Create and start' }).click();
  await page.getByRole('heading', { name: 'made' }).waitFor();
  await expect
    .poll(async () => (await client.call('listMachines', {})).map(({ name, state }) => `${name} ${state}`), {
      timeout: SLOW_MS,
    })
    .toContain('made running');
  await page.getByRole('button', { name: 'Power off' }).waitFor();
  await page.goto(`${server.url}/#/`);
  await page.getByRole('group', { name: 'Power of made' }).getByRole('button', { name: 'Save' }).click();
  await page.getByRole('link', { name: 'made, saved' }).waitFor();
  await picture(page, 'host-page.png');
  expect(errors).toEqual([]);
});
