/** Twenty machines of the embedded engine and four of QEMU on one host: the page shows all of them, and one is used. */
import type { Browser } from '@playwright/test';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findOnPath } from '../../sdk/find-on-path.js';
import { CHROMIUM, startChromium } from './chromium.js';
import { openPage, servePagedHost, signIn, SLOW_MS } from './host-page.test.helper.js';

const COUNTS = { v86: 20, qemu: 4 } as const;
const hasQemu = (await findOnPath('qemu-system-x86_64')) !== null;

let browser: Browser;
beforeAll(async () => {
  if (CHROMIUM !== null) browser = await startChromium();
});
afterAll(async () => {
  if (CHROMIUM !== null) await browser.close();
});

test.skipIf(CHROMIUM === null || !hasQemu)('24 machines at once, all in view', async () => {
  const { server, token, client, start, medium } = await servePagedHost();
  const names: string[] = [];
  for (const engine of ['v86', 'qemu'] as const) {
    for (let i = 1; i <= COUNTS[engine]; i++) {
      const name = `${engine}-${i}`;
      await start(name, { engine, floppy: medium(i === 1 ? 'ticking.img' : 'echo.img'), memory: 8 });
      names.push(name);
    }
  }
  const { page, errors } = await openPage(browser, server.url);
  await signIn(page, token);
  const pictures = page.getByRole('listitem').filter({ has: page.getByRole('group', { name: /^Power of/ }) });
  await expect.poll(async () => await pictures.count(), { timeout: SLOW_MS }).toBe(names.length);
  for (const engine of ['v86', 'qemu'] as const) {
    // Each is seen when it comes into view, and those that change are seen to change.
    const ticking = pictures.filter({ has: page.getByRole('group', { name: `Power of ${engine}-1`, exact: true }) });
    await ticking.scrollIntoViewIfNeeded();
    const address = async () => await ticking.locator('img').first().getAttribute('src');
    await expect.poll(address, { timeout: SLOW_MS }).toMatch(/^blob:/);
    const first = await address();
    await expect.poll(address, { timeout: SLOW_MS }).not.toBe(first);
  }
  for (const name of ['v86-20', 'qemu-4']) {
    await page.getByRole('link', { name: `${name} running` }).click();
    await page.locator('.screen canvas').first().click();
    await page.keyboard.type(`used ${name}`);
    await expect
      .poll(async () => (await client.call('look', { params: { name } })).rows?.join('\n'), { timeout: SLOW_MS })
      .toContain(`used ${name}`);
  }
  // Nobody else heard any of it.
  expect((await client.call('look', { params: { name: 'v86-19' } })).rows?.join('\n')).not.toContain('used');
  expect(errors).toEqual([]);
});
