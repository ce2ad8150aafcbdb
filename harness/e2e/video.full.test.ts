/** The video of a machine, as a user's project gets it. */
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { launch } from '../../sdk/machine/launch.js';
import { findFfmpeg, INSTALL_FFMPEG } from '../video/find-ffmpeg.js';
import { differenceOf, picturesOf, readWebm } from '../video/webm.test.helper.js';
import { CHROMIUM, startChromium } from './chromium.js';
import { processesOf } from './processes.js';
import { makeProject, type Project } from './project.js';
import { echoingGuest } from './tiny-guests.js';

const FFMPEG = await findFfmpeg();
const MAIN = fileURLToPath(new URL('../cli/main.js', import.meta.url));

const SCENARIO = `
import { expect, test } from 'guestwright';
test.use({ machineSpec: { memory: 8, floppy: 'guest.img' }, video: 'VIDEO' });
test('types', async ({ machine }) => {
  await expect(machine.screen).toShowText('READY');
  await machine.keyboard.type('once');
  await expect(machine.screen).toShowText('once');
  await machine.clock.advance(60_000);
  await machine.keyboard.type('hidden', { secret: true });
  await expect(machine.screen).toShowText('WANTED');
});
`;
const scenario = (video: string, wanted = 'oncehidden'): string =>
  SCENARIO.replace('VIDEO', video).replace('WANTED', wanted).replace("');\n});", "', { timeout: 2_000 });\n});");

let project: Project;
beforeAll(async () => {
  project = await makeProject({ 'guest.img': echoingGuest(), 'bin/.keep': '' });
});
beforeEach(async () => {
  for (const name of ['types', 'two', 'passes']) await project.remove(`scenarios/${name}.spec.ts`);
});
afterAll(async () => await project[Symbol.asyncDispose]());

/** Files of the results, by their paths. */
async function results(ending: string): Promise<string[]> {
  const folder = join(project.folder, 'reports', 'results');
  const files = await readdir(folder, { recursive: true }).catch(() => []);
  return files.filter((file) => file.endsWith(ending)).map((file) => join(folder, file));
}

/** Runs with this `ffmpeg` alone on the path; null: with none. */
async function runWith(ffmpeg: string | null, ...args: string[]) {
  const file = 'bin/ffmpeg';
  if (ffmpeg === null) await project.remove(file);
  else {
    await project.write(file, ffmpeg);
    await chmod(join(project.folder, file), 0o755);
  }
  const path = process.env['PATH'];
  process.env['PATH'] = join(project.folder, 'bin');
  try {
    return await project.run(...args);
  } finally {
    process.env['PATH'] = path;
  }
}

/** The screen when the machine has typed what the scenario types. */
async function lastScreen() {
  await using machine = await launch({ memory: 8, floppy: join(project.folder, 'guest.img') });
  await machine.clock.waitUntil({
    what: 'READY',
    on: ['screen'],
    timeout: 10_000,
    check: async () => ((await machine.screen.text()).includes('READY') ? true : undefined),
  });
  await machine.keyboard.type('oncehidden');
  await machine.clock.advance(1_000);
  return await machine.screen.frame();
}

test.skipIf(FFMPEG === null)(
  'the video has the screen from first to last, guest time, and the steps as chapters',
  async () => {
    await project.write('scenarios/types.spec.ts', scenario('on'));
    const { exitCode, output } = await project.run();
    expect(exitCode, output).toBe(0);
    const [file = 'none', ...more] = await results('.webm');
    expect(more).toEqual([]);
    expect(basename(file)).toBe('video.webm');
    const video = await readWebm(file);
    expect(video).toMatchObject({ codec: 'vp9', width: 720, height: 400, title: 'types' });
    // A minute in which nothing changes is two seconds of it.
    expect(video.duration).toBeGreaterThan(3);
    expect(video.duration).toBeLessThan(8);
    const titles = video.chapters.map(({ title }) => title);
    expect(titles).toEqual([
      'Expect the text "READY"',
      'Type "once"',
      // The first of them took no time.
      'Expect the text "once"; Let 60000 guest ms pass',
      'Type a secret',
      'Expect the text "oncehidden"',
    ]);
    for (const [index, { start, end }] of video.chapters.entries()) {
      expect(end).toBeGreaterThanOrEqual(start);
      expect(start).toBe(index === 0 ? 0 : video.chapters[index - 1]?.end);
    }
    const pictures = await picturesOf(file);
    expect(pictures.length).toBeGreaterThan(3);
    const [first, last] = [pictures.at(0), pictures.at(-1)];
    if (first === undefined || last === undefined) throw new Error('there are no pictures');
    const screen = await lastScreen();
    expect(differenceOf(last, screen)).toBeLessThan(1);
    expect(differenceOf(first, screen)).toBeGreaterThan(differenceOf(last, screen));
  },
);

test.skipIf(FFMPEG === null)(
  'several machines have a video each, and one of another size is as large as asked for',
  async () => {
    const two = scenario('on')
      .replace("video: 'on'", "video: { mode: 'on', size: { width: 360, height: 200 } }")
      .replace('async ({ machine })', 'async ({ machine, launch })')
      .replace(
        '  await machine.clock',
        "  const other = await launch({ memory: 8, floppy: 'guest.img' }, { name: 'the other' });\n  await expect(other.screen).toShowText('READY');\n  await machine.clock",
      );
    await project.write('scenarios/two.spec.ts', two);
    const { exitCode, output } = await project.run();
    expect(exitCode, output).toBe(0);
    const files = await results('.webm');
    expect(files.map((file) => basename(file)).sort()).toEqual(['video-of-the-other.webm', 'video-of-tiny.webm']);
    for (const file of files) expect(await readWebm(file)).toMatchObject({ width: 360, height: 200 });
    const other = await readWebm(files.find((file) => file.includes('other')) ?? '');
    expect(other.title).toBe('types: the other');
    expect(other.chapters.map(({ title }) => title)).toEqual(['Expect the text "READY"']);
  },
);

test.skipIf(FFMPEG === null)('with retain-on-failure there is one of the test that failed alone', async () => {
  await project.write('scenarios/types.spec.ts', scenario('retain-on-failure', 'never'));
  await project.write('scenarios/passes.spec.ts', scenario('retain-on-failure'));
  expect((await project.run()).exitCode).toBe(1);
  const [file = 'none', ...more] = await results('.webm');
  expect(more).toEqual([]);
  const video = await readWebm(file);
  expect(video.title).toBe('types');
  expect(video.chapters.at(-1)?.title).toBe('Expect the text "never"');
});

test('without ffmpeg the test says how to get it, once, and is what it is', async () => {
  await project.write('scenarios/types.spec.ts', scenario('on'));
  const { exitCode, output } = await runWith(null, '--reporter=json');
  expect(exitCode, output).toBe(0);
  expect(await results('.webm')).toEqual([]);
  // The JSON report has the annotations of a test once for the test and once for its result.
  expect(output.split(`ffmpeg is not installed (${INSTALL_FFMPEG})`)).toHaveLength(3);
});

test('a video that cannot be made fails nothing, and the reason is attached', async () => {
  await project.write('scenarios/types.spec.ts', scenario('on'));
  const { exitCode, output } = await runWith('#!/bin/sh\necho "no room" >&2\nexit 1\n', '--reporter=json');
  expect(exitCode, output).toBe(0);
  expect(await results('.webm')).toEqual([]);
  expect(output).toContain('tiny: no video');
  expect(output).toContain(Buffer.from('ffmpeg: no room').toString('base64'));
});

test.skipIf(FFMPEG === null).each(['command', 'worker'] as const)(
  'a run whose %s is killed while a video is made leaves no ffmpeg and no file',
  async (victim) => {
    const runId = randomUUID();
    const marker = join(project.folder, 'making');
    await project.remove('making');
    // As slow as it is watched, so that it is killed in the middle.
    await project.write(
      'bin/ffmpeg',
      `#!/bin/sh\necho $PPID > ${marker}.part && mv ${marker}.part ${marker}\nexec ${FFMPEG ?? ''} -re "$@"\n`,
    );
    await chmod(join(project.folder, 'bin/ffmpeg'), 0o755);
    await project.write('scenarios/types.spec.ts', scenario('on'));
    const run = execa(process.execPath, [MAIN, 'run'], {
      cwd: project.folder,
      reject: false,
      stdin: 'ignore',
      env: {
        PATH: `${join(project.folder, 'bin')}:${process.env['PATH'] ?? ''}`,
        GUESTWRIGHT_RUN_ID: runId,
        TMPDIR: project.temporary,
        FORCE_COLOR: '0',
      },
    });
    await expect.poll(() => existsSync(marker), { timeout: 120_000 }).toBe(true);
    const worker = Number(await project.read('making'));
    process.kill(victim === 'command' ? (run.pid ?? 0) : worker, 'SIGKILL');
    await run;
    await expect.poll(() => processesOf(runId), { timeout: 10_000 }).toEqual([]);
    expect(await results('.webm')).toEqual([]);
    expect(await results('.part')).toEqual([]);
    const left = () => readdirSync(project.temporary).filter((name) => name.startsWith('guestwright'));
    if (victim === 'worker') {
      // Nobody could remove the files of a process that was killed like that: the next one does.
      await project.write('scenarios/types.spec.ts', scenario('off'));
      await project.run();
    }
    expect(left()).toEqual([]);
  },
);

test.skipIf(FFMPEG === null || CHROMIUM === null)('the HTML report plays it', async () => {
  await project.write('scenarios/types.spec.ts', scenario('on'));
  expect((await project.run()).exitCode).toBe(0);
  const browser = await startChromium();
  try {
    const page = await browser.newPage({ viewport: { width: 1300, height: 900 } });
    await page.goto(pathToFileURL(join(project.folder, 'reports', 'html', 'index.html')).href);
    await page.getByText('types', { exact: true }).first().click();
    const video = page.locator('video');
    await video.scrollIntoViewIfNeeded();
    const wait = async (of: (video: HTMLVideoElement) => number) => await video.evaluate(of);
    await expect.poll(() => wait(({ videoWidth }) => videoWidth), { timeout: 30_000 }).toBe(720);
    const duration = await wait((one) => one.duration);
    expect(duration).toBeGreaterThan(3);
    await video.evaluate(async (one: HTMLVideoElement) => await one.play());
    await expect.poll(() => wait(({ currentTime }) => currentTime), { timeout: 60_000 }).toBeGreaterThan(1);
    // Each instant can be gone to.
    await video.evaluate((one: HTMLVideoElement) => {
      one.pause();
      one.currentTime = one.duration - 0.1;
    });
    await expect
      .poll(() => wait(({ seeking, currentTime }) => (seeking ? 0 : currentTime)))
      .toBeGreaterThan(duration - 1);
    const pictures = process.env['GUESTWRIGHT_DOCS_PICTURES'];
    if (pictures !== undefined) await page.screenshot({ path: join(pictures, 'video.png') });
  } finally {
    await browser.close();
  }
});
