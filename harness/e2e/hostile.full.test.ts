/** A guest that prints HTML, control sequences, what is no text and a line of 1 MB: nothing that shows it comes to harm. */
import { createServer } from 'node:http';
import { readdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser, Page } from '@playwright/test';
import { execa } from 'execa';
import sirv from 'sirv';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { serveRun } from '../cli/show/show.js';
import { CHROMIUM, startChromium } from './chromium.js';
import { hostileGuest, hostileTexts } from './hostile-guest.js';
import { makeProject, type Project, type RunResult } from './project.js';
import { guestwright } from './verifying.js';

const PLAYWRIGHT = createRequire(import.meta.url).resolve('@playwright/test/cli');
/** A global that is set where a text of the guest's is run. */
const MARK = '__guest';
const TEXTS = hostileTexts(MARK);
/** What is left of the longest line. */
const CUT = /A{100}… \(10\d{5} characters\)/;

const CONFIG = `
import { defineConfig, defineGuests } from 'guestwright';
export default defineConfig({
  workers: 1,
  projects: defineGuests({ guests: { tiny: { spec: { memory: 8 } } } }),
  reporter: [
    ['list'],
    ['junit', { outputFile: 'reports/junit.xml' }],
    ['html', { outputFolder: 'reports/html', open: 'never' }],
    ['blob', { outputDir: 'reports/blob' }],
  ],
});
`;
const SCENARIO = `
import { expect, test } from 'guestwright';
test.use({ machineSpec: { memory: 8, floppy: 'guest.img' }, bundle: 'on' });
test('shows it', async ({ machine }) => {
  await expect(machine.screen).toShowText('DONE');
  await expect(machine.screen).toShowText('never', { timeout: 300 });
});
test('says it', async ({ machine }) => {
  await expect(machine.screen).toShowText('DONE');
  await expect(machine).toHaveSerialOutput('never', { timeout: 300 });
});
test('throws it', async ({ machine }) => {
  await expect(machine.screen).toShowText('DONE');
  throw new Error(await machine.serial.text());
});
`;
const PASSING = `
import { expect, test } from 'guestwright';
test.use({ machineSpec: { memory: 8, floppy: 'guest.img' } });
test('boots', async ({ machine }) => void (await expect(machine.screen).toShowText('DONE')));
`;

let project: Project;
let result: RunResult;
let browser: Browser;
beforeAll(async () => {
  project = await makeProject({
    'playwright.config.ts': CONFIG,
    'guest.img': hostileGuest(TEXTS),
    'other.img': hostileGuest([...TEXTS].reverse()),
    'scenarios/hostile.spec.ts': SCENARIO,
  });
  result = await project.run('--trace', 'on');
  if (CHROMIUM !== null) browser = await startChromium();
});
afterAll(async () => {
  if (CHROMIUM !== null) await browser.close();
  await project[Symbol.asyncDispose]();
});

/** A page that notes what must not happen in it; `check` fails if it has, or if the page does not answer. */
async function opened(url: string): Promise<{ page: Page; check: () => Promise<void> }> {
  const context = await browser.newContext({ viewport: { width: 1300, height: 900 }, serviceWorkers: 'allow' });
  onTestFinished(async () => await context.close());
  const page = await context.newPage();
  const harm: string[] = [];
  page.on('dialog', (dialog) => {
    harm.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('pageerror', (error) => harm.push(error.message));
  page.on('request', (request) => {
    if (/\/x$/.test(new URL(request.url()).pathname)) harm.push(`a request of the guest's: ${request.url()}`);
  });
  await page.goto(url);
  return {
    page,
    async check() {
      for (const frame of page.frames()) expect(await frame.evaluate((mark) => mark in globalThis, MARK)).toBe(false);
      expect(harm).toEqual([]);
      // Laid out and alive.
      expect((await page.screenshot({ timeout: 10_000 })).length).toBeGreaterThan(1_000);
    },
  };
}

async function served(folder: string): Promise<string> {
  const server = createServer(sirv(folder, { dev: true }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function files(ending: string, part: string): Promise<string> {
  const results = join(project.folder, 'reports', 'results');
  const found = (await readdir(results, { recursive: true })).find(
    (name) => name.includes(part) && name.endsWith(ending),
  );
  return join(results, found ?? 'none');
}

test('the terminal gets no control sequence of the guest, no line without an end, and no command for a CI service', () => {
  expect(result.exitCode).toBe(1);
  expect(result.raw).toContain(TEXTS[0]);
  expect(result.raw).toContain('3 failed');
  expect([...new Set(result.raw.match(/[^\P{Cc}\n]|\p{Cs}|\p{Noncharacter_Code_Point}|\u202e/gu) ?? [])]).toEqual([]);
  expect(Math.max(...result.raw.split('\n').map((line) => line.length))).toBeLessThan(3_000);
  expect(result.raw).toMatch(CUT);
  expect(result.raw).not.toMatch(/^\s*::error/m);
});

test.skipIf(CHROMIUM === null)('JUnit is well-formed XML, and holds the text', async () => {
  const xml = await project.read('reports/junit.xml');
  const page = await browser.newPage();
  onTestFinished(async () => await page.close());
  const read = await page.evaluate((text) => {
    const parsed = new DOMParser().parseFromString(text, 'application/xml');
    return {
      error: parsed.querySelector('parsererror')?.textContent ?? null,
      failures: [...parsed.querySelectorAll('testcase')].map(
        (one) => one.querySelector('failure, error')?.textContent ?? '',
      ),
    };
  }, xml);
  expect(read.error).toBeNull();
  expect(read.failures).toHaveLength(3);
  for (const text of read.failures) expect(text).toContain(TEXTS[0]);
});

test.skipIf(CHROMIUM === null)('the HTML report shows it as text, with all of its attachments open', async () => {
  const { page, check } = await opened(await served(join(project.folder, 'reports', 'html')));
  for (const title of ['shows it', 'says it', 'throws it']) {
    await page.getByRole('link', { name: title, exact: true }).first().click();
    await page.getByText(`tiny: serial output`, { exact: true }).first().click();
    await page
      .locator('.attachment-body')
      .filter({ visible: true })
      .getByText(TEXTS[0] ?? '')
      .first()
      .waitFor();
    await page.getByText(CUT).first().waitFor();
    await page.getByText('tiny: screen as text', { exact: true }).first().click();
    await check();
    await page.goBack();
  }
  // A report merged of blobs as well.
  const merged = await execa(process.execPath, [PLAYWRIGHT, 'merge-reports', '--reporter', 'html', 'reports/blob'], {
    cwd: project.folder,
    env: { PLAYWRIGHT_HTML_OUTPUT_DIR: 'reports/merged', PLAYWRIGHT_HTML_OPEN: 'never' },
  });
  expect(merged.exitCode).toBe(0);
  const other = await opened(await served(join(project.folder, 'reports', 'merged')));
  await other.page.getByRole('link', { name: 'throws it', exact: true }).first().click();
  await other.page
    .getByText(TEXTS[1] ?? '')
    .first()
    .waitFor();
  await other.check();
});

test.skipIf(CHROMIUM === null)(
  'so does the trace viewer: in the text of the screen, the console and the errors',
  async () => {
    const args = ['show-trace', '--host', '127.0.0.1', '--port', '0', await files('trace.zip', 'says-it')];
    const server = execa(process.execPath, [PLAYWRIGHT, ...args], { reject: false, all: true });
    onTestFinished(async () => {
      server.kill();
      await server;
    });
    const url = await new Promise<string>((resolve) => {
      server.all.on('data', (data: Buffer) => {
        const found = /http:\/\/\S+/.exec(data.toString())?.[0];
        if (found !== undefined) resolve(found);
      });
    });
    const { page, check } = await opened(url);
    await page.getByText('Expect the text "DONE"').first().click();
    await page.getByText('line: DONE').waitFor();
    await page.getByText('<script>').first().waitFor();
    await check();
    await page.getByRole('tab', { name: /^Console/ }).click();
    await page.getByText(CUT).first().waitFor();
    await page.getByRole('tab', { name: /^Errors/ }).click();
    await page
      .getByText(TEXTS[1] ?? '')
      .first()
      .waitFor();
    await check();
  },
);

test.skipIf(CHROMIUM === null)("so does the run's page, looked at and live", async () => {
  await using server = await serveRun(await files('.guestwright.zip', 'throws-it'));
  const { page, check } = await opened(server.url);
  await page.locator('.error summary').click();
  await page
    .locator('.error pre')
    .getByText(TEXTS[1] ?? '')
    .waitFor();
  await page.getByRole('button', { name: 'Text', exact: true }).click();
  await page
    .locator('.panels pre')
    .getByText(TEXTS[0] ?? '')
    .waitFor();
  await page.getByRole('button', { name: 'Serial' }).click();
  await page.locator('.panels pre').getByText(CUT).waitFor();
  await check();
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByText(/^Live, at/).waitFor();
  await check();
});

test.skipIf(CHROMIUM === null)('so do the report of a comparison and its terminal', async () => {
  await project.write('scenarios/boots.spec.ts', PASSING);
  const { output, exitCode } = await guestwright(
    project.folder,
    ['compare', 'guest.img', 'other.img', 'scenarios/boots.spec.ts'],
    {},
  );
  expect(exitCode, output.slice(0, 3_000)).toBe(1);
  expect(output).toContain('serial output');
  expect([...new Set(output.match(/[^\P{Cc}\n]|\p{Cs}|\p{Noncharacter_Code_Point}|\u202e/gu) ?? [])]).toEqual([]);
  const { page, check } = await opened(await served(join(project.folder, 'reports', 'compare')));
  await page
    .getByText(TEXTS[0] ?? '')
    .first()
    .waitFor();
  const longest = await page
    .locator('pre')
    .evaluateAll((all) => Math.max(...all.flatMap((one) => one.textContent.split('\n').map((line) => line.length))));
  expect(longest).toBeLessThan(1_500);
  await check();
});
