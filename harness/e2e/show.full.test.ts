/** The page of a failed run in a real browser: look back, go on from its end, and be the same machine to the bit. */
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Browser, Page } from '@playwright/test';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { encodePng } from '../../sdk/reading/png.js';
import { ZipFile } from 'yazl';
import { launch } from '../../sdk/machine/launch.js';
import { serveRun } from '../cli/show/show.js';
import { zipFiles } from '../trace/zip-files.test.helper.js';
import { CHROMIUM, startChromium } from './chromium.js';
import { makeProject, type Project } from './project.js';
import { echoingGuest } from './tiny-guests.js';
import { guestwright } from './verifying.js';

const EVIL = '<img src=x onerror=alert(1)>';
const SCENARIO = `
import { expect, test } from 'guestwright';
test.use({ machineSpec: { memory: 8, floppy: 'guest.img' } });
test(${JSON.stringify(`fails ${EVIL}`)}, async ({ machine }) => {
  await expect(machine.screen).toShowText('READY');
  await expect(machine.screen).toShowText('alert(1)>');
  await machine.keyboard.type('once');
  await machine.keyboard.type('hidden', { secret: true });
  await expect.soft(machine.screen).toMatchGolden('menu', { timeout: 100 });
  await expect(machine.screen).toShowText('twice', { timeout: 300 });
});
test('passes', async ({ machine }) => void (await expect(machine.screen).toShowText('READY')));
`;

let project: Project;
let run = '';
let browser: Browser;

beforeAll(async () => {
  const black = { width: 720, height: 400, rgba: new Uint8Array(new Uint32Array(720 * 400).fill(0xff000000).buffer) };
  project = await makeProject({
    'guest.img': echoingGuest(`READY ${EVIL}`),
    'scenarios/fails.spec.ts': SCENARIO,
    'golden-screens/tiny/fails/menu.png': encodePng(black),
  });
  const { exitCode } = await project.run();
  expect(exitCode).toBe(1);
  const results = join(project.folder, 'reports', 'results');
  const files = (await readdir(results, { recursive: true })).filter((name) => name.endsWith('.guestwright.zip'));
  // Of the test that failed alone.
  expect(files).toHaveLength(1);
  run = join(results, files[0] ?? '');
  if (CHROMIUM !== null) browser = await startChromium();
});
afterAll(async () => {
  if (CHROMIUM !== null) await browser.close();
  await project[Symbol.asyncDispose]();
});

async function shown(file = run): Promise<{ page: Page; errors: string[] }> {
  const server = await serveRun(file);
  const page = await browser.newPage({ viewport: { width: 1300, height: 820 } });
  onTestFinished(async () => {
    await page.close();
    await server[Symbol.asyncDispose]();
  });
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('dialog', (dialog) => errors.push(dialog.message()));
  await page.goto(server.url);
  return { page, errors };
}

/** For the documentation, when it is asked for. */
async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env['GUESTWRIGHT_DOCS_PICTURES'];
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, name) });
}

test.skipIf(CHROMIUM === null)(
  'the run can be looked at from its beginning to its end, whatever the guest has printed',
  async () => {
    const { page, errors } = await shown();
    await page.getByRole('heading', { name: `fails ${EVIL}` }).waitFor();
    expect(await page.locator('.error summary').innerText()).toContain('toMatchGolden("menu")');
    expect(await page.locator('.error pre').textContent()).toContain('toShowText("twice") failed');
    const screen = page.locator('figure > img');
    expect(await screen.getAttribute('alt')).toContain('once');
    await picture(page, 'run-page.png');
    await page.getByRole('button', { name: /Expect the text "READY"/ }).click();
    expect(await screen.getAttribute('alt')).toContain('READY');
    expect(await screen.getAttribute('alt')).not.toContain('once');
    // The keyboard does as well.
    await page.getByRole('slider', { name: 'Instant' }).press('End');
    expect(await screen.getAttribute('alt')).toContain('once');
    await page.getByRole('button', { name: 'Text', exact: true }).click();
    expect(await page.locator('.panels pre').innerText()).toContain(`READY ${EVIL}`);
    await page.getByRole('button', { name: 'Serial' }).click();
    expect(await page.locator('.panels pre').innerText()).toContain('ready');
    await page.getByRole('button', { name: 'Inputs' }).click();
    const inputs = await page.locator('.inputs').innerText();
    expect(inputs).toContain('key KeyO pressed');
    expect(inputs).toContain('a secret (key)');
    await page.getByRole('button', { name: 'Goldens' }).click();
    for (const part of ['expected', 'actual', 'diff']) {
      const shown = page.getByRole('img', { name: `menu, ${part}` });
      await expect.poll(async () => await shown.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(720);
    }
    expect(errors).toEqual([]);
  },
);

test.skipIf(CHROMIUM === null)(
  'it goes on live, takes keys, and is after 5 guest seconds what Node makes of it',
  async () => {
    const { page, errors } = await shown();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByText(/^Live, at/).waitFor();
    const canvas = page.locator('canvas');
    const before = await canvas.screenshot();
    await canvas.focus();
    await page.keyboard.type('go on');
    await expect.poll(async () => (await canvas.screenshot()).equals(before), { timeout: 20_000 }).toBe(false);
    expect(await page.locator('.code').innerText()).toBe("await machine.keyboard.type('go on');");
    await picture(page, 'run-live.png');
    await page.getByRole('button', { name: 'Hash after 5 s' }).click();
    const proof = page.locator('.proof code').filter({ hasText: /^[0-9a-f]{64}$/ });
    await proof.waitFor({ timeout: 120_000 });

    const state = join(project.folder, 'state');
    await writeFile(state, (await zipFiles(run)).get('state') ?? Buffer.alloc(0));
    await using machine = await launch({ memory: 8, floppy: join(project.folder, 'guest.img'), state });
    await machine.clock.advance(5_000);
    expect(await proof.innerText()).toBe((await machine.stateHash()).hash);
    expect(errors).toEqual([]);
  },
);

/** SHA-256 of what is in a picture or a canvas of the page. */
async function pixelsOf(page: Page, selector: string): Promise<string> {
  return await page.locator(selector).evaluate(async (element) => {
    const source = element as HTMLImageElement | HTMLCanvasElement;
    const [width, height] =
      source instanceof HTMLImageElement ? [source.naturalWidth, source.naturalHeight] : [source.width, source.height];
    const copy = Object.assign(document.createElement('canvas'), { width, height });
    const context = copy.getContext('2d');
    context?.drawImage(source, 0, 0);
    const digest = await crypto.subtle.digest(
      'SHA-256',
      context?.getImageData(0, 0, width, height).data ?? new Uint8Array(),
    );
    return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
  });
}

test.skipIf(CHROMIUM === null)('it goes on from an earlier instant, where it is what it was then', async () => {
  const { page, errors } = await shown();
  const end = await pixelsOf(page, 'figure > img');
  await page.getByRole('button', { name: /Expect the text "alert/ }).click();
  // The picture is unpacked when it is asked for.
  await expect.poll(async () => (await pixelsOf(page, 'figure > img')) === end).toBe(false);
  const then = await pixelsOf(page, 'figure > img');
  await page.getByRole('button', { name: 'Resume here' }).click();
  await page.getByText(/^Live, at/).waitFor({ timeout: 60_000 });
  expect(await pixelsOf(page, 'canvas')).toBe(then);
  await page.locator('canvas').focus();
  await page.keyboard.type('otherwise');
  await expect.poll(async () => (await pixelsOf(page, 'canvas')) === then, { timeout: 20_000 }).toBe(false);
  await page.getByRole('button', { name: 'Back to the run' }).click();
  // Nothing of it is in the file after the secret was typed.
  await page.getByRole('slider', { name: 'Instant' }).press('End');
  await page.getByRole('button', { name: 'The look before' }).click();
  const late = page.getByRole('button', { name: 'Resume here' });
  expect(await late.isDisabled()).toBe(true);
  expect(await late.getAttribute('title')).toContain('a secret was typed');
  expect(errors).toEqual([]);
});

test.skipIf(CHROMIUM === null)('a run that is damaged is refused in words, and another can be opened', async () => {
  const bad = join(project.folder, 'bad.zip');
  await writeFile(bad, (await readFile(run)).subarray(0, 5_000));
  const { page } = await shown(bad);
  await page.getByRole('alert').waitFor();
  const words = await page.getByRole('alert').innerText();
  expect(words).toContain("This is no run of Guestwright's");
  expect(words).toMatch(/^ *next: +if it was copied or downloaded, do so again/m);
  await page.locator('input[type=file]').setInputFiles(run);
  await page.getByRole('heading', { name: /^fails/ }).waitFor();
});

/** The run with other parts; null leaves one out. */
async function changed(name: string, change: (part: string, bytes: Buffer) => Buffer | null): Promise<string> {
  const zip = new ZipFile();
  for (const [part, bytes] of await zipFiles(run)) {
    const made = change(part, bytes);
    if (made !== null) zip.addBuffer(made, part);
  }
  zip.end();
  const file = join(project.folder, name);
  await pipeline(zip.outputStream, createWriteStream(file));
  return file;
}

test.skipIf(CHROMIUM === null)(
  'what is missing in a run, or of another version, is named with what to do about it',
  async () => {
    const noImage = await changed('no-image.zip', (part, bytes) => (part.startsWith('media/') ? null : bytes));
    const { page } = await shown(noImage);
    // All but the machine is there.
    await page.getByRole('heading', { name: /^fails/ }).waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    expect(await page.getByRole('alert').innerText()).toMatch(/not in this run: floppy 0\n[^]*next: /);
    const torn = await changed('torn.zip', (part, bytes) =>
      part === 'state' ? Buffer.from(bytes).fill(0x7f, bytes.length - 9) : bytes,
    );
    const second = await shown(torn);
    await second.page.getByRole('button', { name: 'Resume' }).click();
    expect(await second.page.getByRole('alert').innerText()).toContain('a digest that does not fit the content');
    const newer = await changed('newer.zip', (part, bytes) =>
      part === 'run.json' ? Buffer.from(JSON.stringify({ version: 9, made: '9.8.7' })) : bytes,
    );
    const third = await shown(newer);
    expect(await third.page.getByRole('alert').innerText()).toContain('npx guestwright@9.8.7 show');
  },
);

test('the page can be written for any web server, and wrong use is said', async () => {
  const said = async (...args: string[]) => await guestwright(project.folder, ['show', ...args]);
  const written = await said('reports/results', '-o', 'site');
  expect(written.exitCode, written.output).toBe(0);
  expect(await readdir(join(project.folder, 'site'))).toEqual(
    expect.arrayContaining(['index.html', 'run.zip', 'assets']),
  );
  expect(await project.read('site/index.html')).toContain("default-src 'none'");
  for (const [args, words] of [
    [['nowhere'], 'There is no run in nowhere'],
    [['scenarios'], 'There is no run in scenarios'],
    [['guest.img'], 'is no run of a machine'],
    [['reports/results', '--port', 'x'], '"x" is no port'],
  ] as const) {
    const { exitCode, output } = await said(...args);
    expect(output).toContain(words);
    expect(exitCode).toBe(2);
  }
});
