/** A scenario that is made by using a machine in a page, in a real browser, and then run: as a user would. */
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from '@playwright/test';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installedEngines } from '../config/installed-engines.js';
import { CHROMIUM, startChromium } from './chromium.js';
import { UserFolder, type Ran } from './command-line.js';
import { openLivePage, type LivePage } from './live-page.js';

const CONFIG = `
import { defineConfig, defineGuests, installedEngines } from 'guestwright';
export default defineConfig({
  workers: 1,
  projects: defineGuests({
    engines: installedEngines(['v86', 'qemu']),
    guests: {
      'grub-rescue': { spec: { floppy: 'grub-rescue:floppy', memory: 32 } },
      linux: { spec: { kernel: { path: 'linux-busybox:kernel', initrd: 'linux-busybox:initrd' }, memory: 128 } },
    },
  }),
});
`;

let browser: Browser;
beforeAll(async () => {
  if (CHROMIUM !== null) browser = await startChromium();
});
afterAll(async () => {
  if (CHROMIUM !== null) await browser.close();
});

/** For the documentation, when it is asked for. */
async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env['GUESTWRIGHT_DOCS_PICTURES'];
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, name) });
}

interface Recording extends LivePage {
  /** Presses Finish. */
  finish(): Promise<{ exitCode: number | undefined; output: string }>;
}

async function startRecording(folder: UserFolder, ...args: string[]): Promise<Recording> {
  const live = await openLivePage(folder.start(['record', ...args, '--no-open']), browser);
  return Object.assign(live, {
    finish: async () => {
      await live.page.getByRole('button', { name: 'Finish' }).click();
      const { exitCode } = await live.ended;
      return { exitCode, output: live.output };
    },
  });
}

const run = async (folder: UserFolder, ...args: string[]): Promise<Ran> =>
  await folder.run(['run', '--reporter=list', '--update-snapshots=none', ...args], { GUESTWRIGHT_MEMOISE: 'off' });

test.skipIf(CHROMIUM === null)(
  'a session with GRUB is a scenario that passes, twice in a row; a step is taken back in between',
  async () => {
    await using folder = await UserFolder.installed({ 'playwright.config.ts': CONFIG });
    const recording = await startRecording(folder, 'grub-rescue', '-o', 'scenarios/menu.spec.ts');
    const { page, canvas } = recording;
    await recording.shows('GNU GRUB');
    await canvas.focus();
    await page.keyboard.press('c');
    await recording.shows('grub>');
    await page.keyboard.type('echo wrong', { delay: 20 });
    await recording.shows('grub> echo wrong');
    // Back to before it was typed: the machine, and the file.
    await page.locator('.lines li', { hasText: 'echo wrong' }).getByRole('button', { name: 'Undo to here' }).click();
    await expect
      .poll(async () => await page.locator('.lines code').allInnerTexts())
      .not.toContainEqual(expect.stringContaining('wrong'));
    await recording.shows(/grub>$/m);
    await canvas.focus();
    await page.keyboard.type('echo right', { delay: 20 });
    await page.keyboard.press('Enter');
    await recording.shows(/^right$/m);
    await page.getByLabel('Text to expect').fill('right');
    await page.getByRole('button', { name: 'Expect it' }).click();
    await page.locator('.lines li.looks', { hasText: "toShowText('right')" }).waitFor();
    const { exitCode, output } = await recording.finish();
    expect(exitCode, output).toBe(0);
    expect(output).toContain('npx guestwright run scenarios/menu.spec.ts');
    expect(recording.errors).toEqual([]);

    const code = await readFile(join(folder.path, 'scenarios/menu.spec.ts'), 'utf8');
    expect(code).toContain("await machine.keyboard.type('echo right\\n');");
    expect(code).not.toContain('wrong');
    for (const time of ['once', 'again']) {
      const ran = await run(folder, '--project', 'grub-rescue-v86');
      expect(ran.exitCode, `${time}: ${ran.stdout}${ran.stderr}\n${code}`).toBe(0);
    }
  },
);

test.skipIf(CHROMIUM === null)(
  'a session with Linux, with a text and a picture to expect, passes on v86, on a slower one with more memory, and on QEMU',
  async () => {
    await using folder = await UserFolder.installed({ 'playwright.config.ts': CONFIG });
    const file = 'scenarios/shell.spec.ts';
    const recording = await startRecording(folder, 'linux', '-o', file, '--title', 'the shell answers');
    const { page, canvas } = recording;
    await recording.shows(/guest:~# ?$/m);
    const enter = async (command: string): Promise<void> => {
      await canvas.focus();
      await page.keyboard.type(command, { delay: 20 });
      await page.keyboard.press('Enter');
    };
    await enter('uname -s');
    await recording.shows(/^Linux$/m);
    await enter('ls -d /etc');
    await recording.shows(/^\/etc$/m);
    await page.getByRole('button', { name: 'Expect text: draw' }).click();
    await draw(page, await rowsWith(page, /^\/etc$/));
    await page.locator('.lines li.looks', { hasText: "toShowText('/etc')" }).waitFor();
    await enter('clear; echo done');
    await recording.shows(/^done\nguest:~# ?$/m);
    await page.getByLabel('Name of the golden').fill('done');
    await page.getByRole('button', { name: 'Whole screen' }).click();
    await page.locator('.lines li.looks', { hasText: "toMatchGolden('done'" }).waitFor();
    await picture(page, 'record.png');
    const { exitCode, output } = await recording.finish();
    expect(exitCode, output).toBe(0);
    expect(recording.errors).toEqual([]);
    expect(await readdir(join(folder.path, 'golden-screens/linux/shell'))).toEqual(['done.png', 'done.txt']);

    const code = await readFile(join(folder.path, file), 'utf8');
    const passes = async (...args: string[]): Promise<void> => {
      const ran = await run(folder, ...args);
      expect(ran.exitCode, `${args.join(' ')}: ${ran.stdout}${ran.stderr}\n${code}`).toBe(0);
    };
    await passes('--project', 'linux-v86');
    const slow = code.replace(
      "test.use({ guest: 'linux' });",
      "test.use({ guest: 'linux', machineSpec: { mips: 50, memory: 160 } });",
    );
    expect(slow).not.toBe(code);
    await folder.write({ [file]: slow });
    await passes('--project', 'linux-v86');
    await folder.write({ [file]: code });
    if (installedEngines(['qemu']).length > 0) await passes('--project', 'linux-qemu');
  },
);

/** Where a row of the text screen is, on the page. */
async function rowsWith(page: Page, row: RegExp): Promise<{ index: number; of: number }> {
  const rows = (await page.locator('pre[aria-label="The screen as text"]').textContent())?.split('\n') ?? [];
  return { index: rows.findLastIndex((text) => row.test(text)), of: rows.length };
}

/** Draws a rectangle around the beginning of a row. */
async function draw(page: Page, { index, of }: { index: number; of: number }): Promise<void> {
  const box = await page.locator('canvas').boundingBox();
  if (box === null || index === -1) throw new Error('there is nothing to draw around');
  const height = box.height / of;
  await page.mouse.move(box.x + 1, box.y + (index + 0.1) * height);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 3, box.y + (index + 0.9) * height, { steps: 4 });
  await page.mouse.up();
}

test.skipIf(CHROMIUM === null)('nobody but the page gets at the machine, and wrong use is said', async () => {
  await using folder = await UserFolder.installed({ 'playwright.config.ts': CONFIG, 'scenarios/there.spec.ts': '' });
  for (const [args, words] of [
    [['grub-rescue', '-o', 'scenarios/there.spec.ts'], 'is there already'],
    [['grub-rescue', '-o', 'scenarios/menu.ts'], 'is no name of a scenario'],
    [['nothing'], 'Nothing is called nothing'],
    [['grub-rescue', '--port', '0'], '"0" is no port'],
    [['grub-rescue', '--memory', 'much'], 'memory'],
  ] as const) {
    const { exitCode, stderr } = await folder.run(['record', ...args]);
    expect(stderr).toContain(words);
    expect(exitCode).toBe(2);
  }
  const recording = await startRecording(folder, 'grub-rescue', '-o', 'scenarios/menu.spec.ts');
  const { origin, hash } = new URL(recording.page.url());
  const answer = async (options: { token: string; from: string; host?: string }): Promise<number | string> => {
    const { WebSocket } = await import('ws');
    const socket = new WebSocket(`${origin.replace('http', 'ws')}/live?token=${options.token}`, {
      headers: { origin: options.from, ...(options.host === undefined ? {} : { host: options.host }) },
    });
    return await new Promise((resolve) => {
      socket.on('unexpected-response', (_request, { statusCode }) => resolve(statusCode ?? 0));
      socket.on('open', () => {
        socket.close();
        resolve('open');
      });
    });
  };
  const token = hash.slice(1);
  expect(await answer({ token, from: origin })).toBe('open');
  expect(await answer({ token, from: 'http://example.org' })).toBe(403);
  expect(await answer({ token: 'guessed', from: origin })).toBe(403);
  expect(await answer({ token, from: 'http://evil.test', host: 'evil.test' })).toBe(403);
  const { output } = await recording.finish();
  expect(output).toContain('Nothing was recorded');
  expect(await readdir(join(folder.path, 'scenarios'))).toEqual(['there.spec.ts']);
});
