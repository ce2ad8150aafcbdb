/** Playwright's UI mode shows a machine while its test runs. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { CHROMIUM, startChromium } from './chromium.js';
import { makeProject } from './project.js';
import { echoingGuest } from './tiny-guests.js';

const PLAYWRIGHT = createRequire(import.meta.url).resolve('@playwright/test/cli');

/** It goes on when there is a file: until then it runs. */
const SCENARIO = `
import { existsSync } from 'node:fs';
import { expect, test } from 'guestwright';
test.use({ machineSpec: { memory: 8, floppy: 'guest.img' } });
test('types', async ({ machine }) => {
  await expect(machine.screen).toShowText('READY');
  await machine.keyboard.type('once');
  await test.step('wait for a file', async () => {
    await expect.poll(() => existsSync('go-on'), { timeout: 120_000 }).toBe(true);
  });
});
`;

test.skipIf(CHROMIUM === null)('the steps and screens of a machine are there before its test is over', async () => {
  const project = await makeProject({ 'guest.img': echoingGuest(), 'scenarios/types.spec.ts': SCENARIO });
  const runner = execa(process.execPath, [PLAYWRIGHT, 'test', '--ui-host=127.0.0.1', '--ui-port=0'], {
    cwd: project.folder,
    reject: false,
    all: true,
    env: { NODE_OPTIONS: '', CI: '', GUESTWRIGHT_MEMOISE: 'off' },
  });
  const browser = await startChromium();
  onTestFinished(async () => {
    await browser.close();
    runner.kill();
    await runner;
    // Its reporters write until it has ended.
    await project[Symbol.asyncDispose]();
  });
  let output = '';
  const url = await new Promise<string>((resolve, reject) => {
    runner.all.on('data', (data: Buffer) => {
      output += data.toString();
      const found = /http:\/\/\S+/.exec(output)?.[0];
      if (found !== undefined) resolve(found);
    });
    void runner.then(() => reject(new Error(output)));
  });
  const page = await browser.newPage({ viewport: { width: 1500, height: 900 } });
  page.setDefaultTimeout(120_000);
  await page.goto(url);
  const entry = page.getByRole('treeitem', { name: /types/ }).last();
  await entry.hover();
  await page.getByRole('treeitem', { name: 'types.spec.ts' }).first().click();
  await page.keyboard.press('F5');
  await page.getByText('Type "once"').first().click();
  await page.getByText('line: READY').waitFor();
  const screen = page.locator('.aria-mode-view img').first();
  await expect.poll(async () => await screen.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(720);
  expect(existsSync(join(project.folder, 'go-on'))).toBe(false);
  const pictures = process.env['GUESTWRIGHT_DOCS_PICTURES'];
  if (pictures !== undefined) {
    await mkdir(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, 'ui-mode.png') });
  }
  await project.write('go-on', '');
  await page.getByText(/1\/1/).first().waitFor();
});
