/** Two shards of a run, as two processes, and one report made of theirs. */
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Summary } from '../reporters/tally.js';
import { zipFiles } from '../trace/zip-files.test.helper.js';
import { makeProject, type Project } from './project.js';
import { echoingGuest } from './tiny-guests.js';
import { guestwright } from './verifying.js';

const PLAYWRIGHT = createRequire(import.meta.url).resolve('@playwright/test/cli');

const CONFIG = `
import { defineConfig } from 'guestwright';
const use = { guest: 'tiny', machineSpec: { memory: 8, floppy: 'guest.img' }, trace: 'retain-on-failure' } as const;
export default defineConfig({
  workers: 1,
  projects: [
    { name: 'make', testMatch: 'make.spec.ts', use },
    { name: 'tiny', testMatch: /(a|b|c)\\.spec\\.ts/, use },
    { name: 'made', testMatch: 'made.spec.ts', use, dependencies: ['make'] },
  ],
});
`;

const booting = (title: string, more = '') => `
import { expect, test } from 'guestwright';
test('${title}', async ({ machine }) => {
  await expect(machine).toShowText('READY');
  ${more}
});
`;

const FAILING = `
  await machine.keyboard.type('seen');
  await expect(machine).toShowText('never', { timeout: 300 });
`;

const DURATIONS = {
  'make › make.spec.ts › makes': 3,
  'made › made.spec.ts › goes on': 3,
  'tiny › a.spec.ts › a': 3,
  'tiny › b.spec.ts › fails': 4,
  'tiny › c.spec.ts › c': 2,
};

let project: Project;
const shards: { exitCode: number | undefined; output: string }[] = [];
beforeAll(async () => {
  project = await makeProject({
    'guest.img': echoingGuest(),
    'playwright.config.ts': CONFIG,
    'durations.json': JSON.stringify({ version: 1, seconds: DURATIONS }),
    'scenarios/make.spec.ts': booting('makes'),
    'scenarios/made.spec.ts': booting('goes on'),
    'scenarios/a.spec.ts': booting('a'),
    'scenarios/b.spec.ts': booting('fails', FAILING),
    'scenarios/c.spec.ts': booting('c'),
  });
  const shard = async (current: number) =>
    await guestwright(
      project.folder,
      ['run', '--shard', `${current}/2`, '--reporter=list,blob', '--output', `results-${current}`],
      { PLAYWRIGHT_BLOB_OUTPUT_DIR: `blob-${current}` },
    );
  shards.push(...(await Promise.all([shard(1), shard(2)])));
});
afterAll(async () => await project[Symbol.asyncDispose]());

/** As the last job of a pipeline does: with the blobs of these shards alone. */
async function merge(...blobs: number[]): Promise<{ exitCode: number | undefined; output: string }> {
  const blobFolder = join(project.folder, `blobs-${blobs.join('-')}`);
  await mkdir(blobFolder, { recursive: true });
  for (const blob of blobs) await cp(join(project.folder, `blob-${blob}`), blobFolder, { recursive: true });
  const { exitCode, all } = await execa(
    process.execPath,
    [PLAYWRIGHT, 'merge-reports', '--config', 'playwright.config.ts', blobFolder],
    { cwd: project.folder, reject: false, all: true, env: { NO_COLOR: '1', FORCE_COLOR: '0' } },
  );
  return { exitCode, output: all };
}

async function summary(): Promise<Summary> {
  return JSON.parse(await project.read('reports/summary.json')) as Summary;
}

test('each shard says what it has; the one with the failure fails', () => {
  expect(shards[0]?.output).toContain('Shard 1 of 2: 2 of 4 tests, about ');
  expect(shards[1]?.output).toContain('Shard 2 of 2: 2 of 4 tests, about ');
  expect(shards.map(({ exitCode }) => exitCode).sort()).toEqual([0, 1]);
});

test('the merged report has every test once, and what the failed machine left', async () => {
  const { exitCode, output } = await merge(1, 2);
  expect(exitCode, output).toBe(0);
  const titles = [...output.matchAll(/^ +[✓✘] +\d+ .*› ([a-z ]+?) \(/gm)].map(([, title]) => title);
  expect(titles.sort()).toEqual(['a', 'c', 'fails', 'goes on', 'makes']);
  expect(await summary()).toMatchObject({
    counts: { passed: 4, failed: { assertion: 1 } },
    errors: [],
    failures: [{ title: 'tiny › b.spec.ts › fails', failure: { code: 'text-not-shown' } }],
  });
  expect(
    Object.keys((JSON.parse(await project.read('reports/durations.json')) as { seconds: object }).seconds),
  ).toEqual(Object.keys(DURATIONS).sort());

  const data = join(project.folder, 'reports/html/data');
  const files = await readdir(data);
  const archives = await Promise.all(
    files
      .filter((name) => /\.(zip|dat)$/.test(name))
      .map(async (name) => ({ name, parts: await zipFiles(join(data, name)) })),
  );
  const trace = archives.find(({ parts }) => [...parts.keys()].some((part) => part.endsWith('.trace')));
  expect([...(trace?.parts.values() ?? [])].some((part) => part.includes('Type \\"seen\\"'))).toBe(true);
  // The machine's own pictures, not only Playwright's steps.
  expect([...(trace?.parts.keys() ?? [])].some((part) => part.endsWith('.png'))).toBe(true);
  const run = archives.find((archive) => archive !== trace);
  const shown = await guestwright(project.folder, ['show', join(data, run?.name ?? 'none'), '-o', 'page']);
  expect(shown.exitCode, shown.output).toBe(0);
  expect(await readFile(join(project.folder, 'page/run.zip'))).toEqual(await readFile(join(data, run?.name ?? 'none')));
});

test('a shard that left nothing makes the merged report fail, and it says which', async () => {
  const { exitCode, output } = await merge(2);
  expect(exitCode).toBe(1);
  expect(output).toContain('The report is not whole: shard 1 of 2 left none');
  expect((await summary()).errors.join()).toContain('shard 1 of 2 left none');
});

test('shards that were split by other durations are found out', async () => {
  await writeFile(join(project.folder, 'durations.json'), JSON.stringify({ version: 1, seconds: {} }));
  const again = await guestwright(project.folder, ['run', '--shard', '1/2', '--reporter=blob', '--project=tiny'], {
    PLAYWRIGHT_BLOB_OUTPUT_DIR: 'blob-3',
  });
  expect(again.output).toContain('each counts the same');
  const { exitCode, output } = await merge(3, 2);
  expect(exitCode).toBe(1);
  expect(output).toContain('The shards were split differently');
});
