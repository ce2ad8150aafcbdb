/** The trace of a test with a machine, as Playwright's own reader of traces sees it. */
import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodePng } from '../../sdk/reading/png.js';
import { zipFiles } from '../trace/zip-files.test.helper.js';
import { CHROMIUM, startChromium } from './chromium.js';
import { makeProject, type Project } from './project.js';
import { echoingGuest } from './tiny-guests.js';

const PLAYWRIGHT = createRequire(import.meta.url).resolve('@playwright/test/cli');

const SCENARIO = `
import { expect, test } from 'guestwright';
test.use({ machineSpec: { memory: 8, floppy: 'guest.img' } });
test('types', async ({ machine, launch }) => {
  await expect(machine.screen).toShowText('READY');
  await machine.keyboard.type('once');
  await expect(machine.screen).toShowText('once');
  const other = await launch({ memory: 8, floppy: 'guest.img' }, { name: 'other' });
  await other.keyboard.type('both', { secret: true });
  await test.step('fails if it is to', async () => {
    if (process.env.FAIL) await expect(machine.screen).toShowText('never', { timeout: 500 });
  });
});
`;

let project: Project;
beforeAll(async () => {
  project = await makeProject({ 'guest.img': echoingGuest(), 'scenarios/types.spec.ts': SCENARIO });
});
afterAll(async () => await project[Symbol.asyncDispose]());

async function traces(): Promise<string[]> {
  const results = join(project.folder, 'reports', 'results');
  const files = await readdir(results, { recursive: true }).catch(() => []);
  return files.filter((file) => file.endsWith('trace.zip')).map((file) => join(results, file));
}

/** Playwright's `trace` command. */
async function read(...args: string[]): Promise<string> {
  const { stdout } = await execa(process.execPath, [PLAYWRIGHT, 'trace', ...args], { cwd: project.folder });
  return stdout;
}

test('steps have their titles, guest times and pictures, the serial port is the console, and secrets are in none of it', async () => {
  const { exitCode, output } = await project.run('--trace', 'on');
  expect(exitCode, output).toBe(0);
  const [trace = 'none', ...more] = await traces();
  expect(more).toEqual([]);
  expect(await read('open', trace)).toMatch(/Pages: +2/);
  const actions = await read('actions');
  expect(actions).toMatch(/Expect the text "READY".*\n +at 0\.00 s/);
  expect(actions).toMatch(/Type "once".*\n +at 0\.\d\d s/);
  expect(actions).toContain('other: Type a secret');
  expect(await read('console')).toContain('ready  serial0');
  const typed = /^ +(\d+)\. .*Type "once"/m.exec(actions)?.[1] ?? '';
  expect(await read('action', typed)).toMatch(/guest time 0\.\d\d s to \d\.\d\d s/);
  const pictures = [...(await zipFiles(trace))].filter(([name]) => name.endsWith('.png'));
  // The screen that came up, and that with each word: a picture each, and not more.
  expect(pictures.length).toBeGreaterThan(2);
  expect(pictures.length).toBeLessThan(20);
  const [name = '', bytes = Buffer.alloc(0)] = pictures.at(-1) ?? [];
  const picture = decodePng(bytes, name);
  expect([picture.width, picture.height]).toEqual([720, 400]);
  expect(picture.rgba.some((part, index) => index % 4 !== 3 && part !== 0)).toBe(true);
});

test.skipIf(CHROMIUM === null)('the viewer shows the film strip, the screen of a step and its text', async () => {
  expect((await project.run('--trace', 'on')).exitCode).toBe(0);
  const [trace = 'none'] = await traces();
  const server = execa(process.execPath, [PLAYWRIGHT, 'show-trace', '--host', '127.0.0.1', '--port', '0', trace], {
    reject: false,
    all: true,
  });
  const browser = await startChromium();
  try {
    const url = await new Promise<string>((resolve) => {
      server.all.on('data', (data: Buffer) => {
        const found = /http:\/\/\S+/.exec(data.toString())?.[0];
        if (found !== undefined) resolve(found);
      });
    });
    const page = await browser.newPage({ viewport: { width: 1400, height: 860 } });
    await page.goto(url);
    await page.getByText('Type "once"').first().click();
    // The picture of the step, and the text panel beside it.
    await page.getByText('line: READY').waitFor();
    const screen = page.locator('.aria-mode-view img').first();
    await expect.poll(async () => await screen.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(720);
    expect(await page.locator('.film-strip-frame').count()).toBeGreaterThan(2);
    await page.getByRole('tab', { name: /^Console/ }).click();
    await page.getByText('serial0:0').first().waitFor();
    await page.getByRole('tab', { name: /^Call/ }).click();
    const pictures = process.env['GUESTWRIGHT_DOCS_PICTURES'];
    if (pictures !== undefined) await page.screenshot({ path: join(pictures, 'trace.png') });
  } finally {
    await browser.close();
    server.kill();
    await server;
  }
});

test('with retain-on-failure there is one of a test that failed alone, and the step that failed says why', async () => {
  expect((await project.run('--trace', 'retain-on-failure')).exitCode).toBe(0);
  expect(await traces()).toEqual([]);
  await project.write('scenarios/types.spec.ts', SCENARIO.replace('process.env.FAIL', 'true'));
  expect((await project.run('--trace', 'retain-on-failure')).exitCode).toBe(1);
  const [trace = 'none'] = await traces();
  await read('open', trace);
  expect(await read('actions')).toContain('Expect the text "never"');
  expect(await read('errors')).toContain('did not show the text "never"');
});
