/** Playwright's HTML report of tests with machines, in a real browser: what a person finds in it. */
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, Page } from '@playwright/test';
import sirv from 'sirv';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { encodePng } from '../../sdk/reading/png.js';
import { CHROMIUM, startChromium } from './chromium.js';
import { UserFolder } from './command-line.js';
import { echoingGuest } from './tiny-guests.js';

const FILES = {
  'playwright.config.ts': `
import { defineConfig, defineGuests } from 'guestwright';
export default defineConfig({
  workers: 1,
  projects: defineGuests({ guests: { tiny: { memory: 8, floppy: 'guest.img' } } }),
});
`,
  'scenarios/report.spec.ts': `
import { expect, test } from 'guestwright';
test('passes', async ({ machine }) => {
  await expect(machine).toShowText('READY');
});
test('waits for a text', async ({ machine }) => {
  await expect(machine).toShowText('READY');
  await expect(machine).toShowText('REALY', { timeout: 300 });
});
test('compares a picture', async ({ machine }) => {
  await expect(machine).toShowText('READY');
  await machine.clock.advance(1_000);
  await expect(machine).toMatchGolden('ready', { timeout: 100 });
});
`,
};

let folder: UserFolder;
let browser: Browser;
beforeAll(async () => {
  folder = await UserFolder.installed(FILES);
  await folder.writeBytes('guest.img', echoingGuest());
  // Of the right size, and black.
  const black = { width: 720, height: 400, rgba: new Uint8Array(new Uint32Array(720 * 400).fill(0xff000000).buffer) };
  await mkdir(join(folder.path, 'golden-screens/tiny/report'), { recursive: true });
  await folder.writeBytes('golden-screens/tiny/report/ready.png', encodePng(black));
  const env = { GUESTWRIGHT_MEMOISE: 'on', GUESTWRIGHT_STORE: join(folder.path, 'store') };
  for (const time of ['first', 'second']) {
    const { exitCode, stdout } = await folder.run(['run'], env);
    expect(exitCode, `${time}: ${stdout}`).toBe(1);
  }
  if (CHROMIUM !== null) browser = await startChromium();
});
afterAll(async () => {
  if (CHROMIUM !== null) await browser.close();
  await folder[Symbol.asyncDispose]();
});

/** The report at one of its tests. */
async function at(title: string): Promise<Page> {
  const server = createServer(sirv(join(folder.path, 'reports', 'html'), { dev: true }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const page = await browser.newPage({ viewport: { width: 1200, height: 1000 } });
  onTestFinished(async () => {
    await page.close();
    server.closeAllConnections();
    server.close();
  });
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await page.getByRole('link', { name: title, exact: true }).first().click();
  return page;
}

/** For the documentation, when it is asked for. */
async function picture(page: Page, name: string): Promise<void> {
  const pictures = process.env['GUESTWRIGHT_DOCS_PICTURES'];
  if (pictures === undefined) return;
  await mkdir(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, name) });
}

test.skipIf(CHROMIUM === null)(
  'a test says what it ran on, how exactly, from which images, and what came from the store',
  async () => {
    const page = await at('passes');
    for (const words of [/engine: *v86, bit-exact/, /guest time: *\d+\.\d\d s/, /image: .*sha256:[0-9a-f]{12}/]) {
      await page.getByText(words).first().waitFor();
    }
    await page
      .getByText(/\d+ of \d+ steps from store/)
      .first()
      .waitFor();
    await page.getByText('tiny: screen').first().waitFor();
  },
);

test.skipIf(CHROMIUM === null)(
  'a text that did not come is shown beside the nearest there was, with the screen and the way to the machine',
  async () => {
    const page = await at('waits for a text');
    await page
      .getByText(/nearest miss: "READY" in row \d+ \(1 character differs; read exactly\)/)
      .first()
      .waitFor();
    await page.getByText('tiny: its run').first().waitFor();
    await page.getByText('tiny: go on from here').first().click();
    await page
      .getByText(/npx guestwright show "reports\/results\/.*tiny\.guestwright\.zip"/)
      .first()
      .waitFor();
    await picture(page, 'failed-report.png');
  },
);

test.skipIf(CHROMIUM === null)('a golden that differs is a slider, with what its text would have been', async () => {
  const page = await at('compares a picture');
  const mismatch = page.getByTestId('test-result-image-mismatch').first();
  await mismatch.waitFor();
  for (const tab of ['Diff', 'Actual', 'Expected', 'Slider']) await mismatch.getByText(tab, { exact: true }).click();
  await expect
    .poll(
      async () =>
        await mismatch
          .locator('img')
          .first()
          .evaluate((image: HTMLImageElement) => image.naturalWidth),
    )
    .toBe(720);
});
