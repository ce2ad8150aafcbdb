/** The page of a host in a real browser, against a real daemon with real machines. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from '@playwright/test';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CHROMIUM, startChromium } from './chromium.js';
import { openPage, picture, servePagedHost, signIn, SLOW_MS } from './host-page.test.helper.js';
import { serialEchoingGuest } from './tiny-guests.js';

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

const NAUGHTY = '<img src=x onerror=alert(1)>';

test.skipIf(CHROMIUM === null)('a serial port is a terminal, whatever the guest sends', async () => {
  const { server, token, client, start, folder } = await servePagedHost();
  writeFileSync(join(folder, 'serial.img'), serialEchoingGuest(`${NAUGHTY}\x1b[31mred\r\n`));
  await start('echo', { floppy: join(folder, 'serial.img'), memory: 8 });
  const { page, errors } = await openPage(browser, server.url);
  await signIn(page, token);
  await page.getByRole('link', { name: 'echo, running' }).click();
  await page.getByRole('link', { name: 'Serial console' }).click();
  const rows = page.locator('.xterm-rows');
  await rows.getByText(`${NAUGHTY}red`).waitFor();
  // Colours and sizes are there although the policy allows no style in the page's text.
  expect(await rows.evaluate((element) => getComputedStyle(element).fontFamily)).toContain('monospace');
  await page.keyboard.type('over serial');
  await rows.getByText('over serial').waitFor();
  const screen = async () => (await client.call('look', { params: { name: 'echo' } })).rows?.join('\n');
  await expect.poll(screen, { timeout: SLOW_MS }).toContain('over serial');
  // The line comes back with the machine, and with what was said before.
  await client.finish(await client.call('saveMachine', { params: { name: 'echo' } }));
  await page.getByText('The machine is off.').waitFor();
  await client.finish(await client.call('startMachine', { params: { name: 'echo' } }));
  await rows.getByText('over serial').waitFor();
  expect(errors).toEqual([]);
});

test.skipIf(CHROMIUM === null)('snapshots are a tree with pictures, to go back to', async () => {
  const { server, token, client, start, medium } = await servePagedHost();
  await start('echo', { floppy: medium('echo.img'), memory: 8 });
  const params = { name: 'echo' };
  // While it goes back to a snapshot it has no screen.
  const screen = async () =>
    await client.call('look', { params }).then(
      ({ rows }) => rows?.join('\n') ?? '',
      () => '',
    );
  const type = async (text: string): Promise<void> => {
    await client.call('handle', { params, body: { kind: 'type', text } });
    await expect.poll(screen, { timeout: SLOW_MS }).toContain(text);
  };
  await expect.poll(screen, { timeout: SLOW_MS }).toContain('READY');
  const { page, errors } = await openPage(browser, server.url);
  await signIn(page, token);
  await page.getByRole('link', { name: 'echo, running' }).click();
  await page.getByRole('link', { name: /^Snapshots/ }).click();
  const take = async (name: string): Promise<void> => {
    await page.getByRole('button', { name: 'Take a snapshot' }).click();
    await page.getByLabel('Name').fill(name);
    await page.getByRole('button', { name: 'Take it' }).click();
    await page.getByRole('article', { name }).getByText('The machine goes on from here').waitFor();
  };
  await type('one');
  await take('first');
  await type('two');
  await take(NAUGHTY);
  const first = page.getByRole('article', { name: 'first' });
  await first.getByRole('button', { name: 'Go back' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Go back' }).click();
  await first.getByText('The machine goes on from here').waitFor();
  await expect.poll(screen, { timeout: SLOW_MS }).toContain('one');
  expect(await screen()).not.toContain('two');
  await type('three');
  await take('third');
  // Two branches of the same snapshot, each with a picture of its own.
  const tree = page.getByRole('list', { name: 'Snapshots' });
  expect(await tree.locator(':scope > li > ul > li').count()).toBe(2);
  for (const name of ['first', NAUGHTY, 'third']) {
    const shown = page.getByRole('img', { name: `The screen at ${name}` });
    await expect.poll(async () => await shown.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(720);
  }
  await page.getByRole('article', { name: NAUGHTY }).getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('article', { name: NAUGHTY }).waitFor({ state: 'detached' });
  expect((await client.call('describeMachine', { params })).snapshots.map(({ name }) => name)).toEqual([
    'first',
    'third',
  ]);
  expect(errors).toEqual([]);
});
