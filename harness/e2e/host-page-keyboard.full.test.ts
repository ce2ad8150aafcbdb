/** The page of a host with the keyboard alone: signed in, a machine made, used and deleted. */
import type { Browser, Page } from '@playwright/test';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CHROMIUM, startChromium } from './chromium.js';
import { openPage, servePagedHost, SLOW_MS } from './host-page.test.helper.js';

let browser: Browser;
beforeAll(async () => {
  if (CHROMIUM !== null) browser = await startChromium();
});
afterAll(async () => {
  if (CHROMIUM !== null) await browser.close();
});

/** Goes on, or back, until what has the focus is called so. */
async function tabTo(page: Page, name: RegExp, tab: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  for (let presses = 0; presses < 80; presses++) {
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === document.body) return 'nothing';
      const labelled = element instanceof HTMLInputElement ? (element.labels?.[0]?.innerText ?? '') : '';
      if (element instanceof HTMLCanvasElement) return 'the screen';
      return `${element?.getAttribute('aria-label') ?? ''}|${labelled}|${element?.textContent ?? ''}`;
    });
    if (name.test(focused)) return;
    await page.keyboard.press(tab);
  }
  throw new Error(`Tab does not lead to ${String(name)}`);
}

test.skipIf(CHROMIUM === null)('everything is reached with Tab, arrows, Enter and Escape', async () => {
  const { server, token, client } = await servePagedHost();
  const { page, errors } = await openPage(browser, server.url);
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  const press = async (name: RegExp, key = 'Enter'): Promise<void> => {
    await tabTo(page, name);
    await page.keyboard.press(key);
  };
  await press(/\|\|Token$/);
  await tabTo(page, /\|Token\|$/);
  await page.keyboard.type(token);
  await page.keyboard.press('Enter');
  await page.getByText('No machine yet.').waitFor();
  await press(/New machine/);
  await page.getByRole('radio', { name: /grub-rescue/ }).waitFor();
  // Escape leaves the dialog, and the focus is where it was.
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await press(/New machine/);
  await page.getByRole('radio', { name: /grub-rescue/ }).waitFor();
  await press(/\|\|Empty$/);
  await tabTo(page, /\|Name\|/);
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type('by-keys');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'by-keys' }).waitFor();
  await page.getByRole('button', { name: 'Power off' }).waitFor({ timeout: SLOW_MS });
  await page.locator('.screen canvas').first().waitFor();
  // Keys go to the guest while its screen has the focus, and there is a way out.
  await tabTo(page, /^the screen$/);
  await page.keyboard.press('Control+Alt+KeyG');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Ctrl+Alt+Del');
  // Forward is the screen again, which takes Tab as all keys.
  await tabTo(page, /^\|\|Power off$/, 'Shift+Tab');
  await page.keyboard.press('Enter');
  await tabTo(page, /^\|\|Cancel$/);
  await press(/^\|\|Power off$/);
  await page.getByRole('button', { name: 'Start' }).waitFor({ timeout: SLOW_MS });
  await press(/\|\|Delete$/);
  await page.getByText(/machine\.json/).waitFor();
  await press(/Delete for good/);
  await page.getByText('No machine yet.').waitFor();
  expect(await client.call('listMachines', {})).toEqual([]);
  expect(errors).toEqual([]);
});
