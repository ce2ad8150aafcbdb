/** A run that is killed while it builds the image that its scenario needs. */
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { processesOf } from './processes.js';
import { makeProject, type Project } from './project.js';

const MAIN = fileURLToPath(new URL('../cli/main.js', import.meta.url));

const SCENARIO = `
import { expect, test } from 'guestwright';
test.use({ machineSpec: { floppy: 'grub-rescue:floppy', memory: 32 } });
test('boots', async ({ machine }) => {
  await expect(machine.screen).toShowText('GNU GRUB', { timeout: 60_000 });
});
`;

let project: Project;
beforeAll(async () => {
  project = await makeProject({ 'scenarios/boots.spec.ts': SCENARIO });
});
afterAll(async () => await project[Symbol.asyncDispose]());

/** Files below a folder that are not finished: what is written is renamed when it is whole. */
function unfinished(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.part\b|\.tmp\b/.test(name));
}

test('SIGKILL in the middle of a build leaves no process and no half-written entry, and the next run builds it', async () => {
  const runId = randomUUID();
  const cache = join(project.folder, 'cache');
  const env = { GUESTWRIGHT_RUN_ID: runId, GUESTWRIGHT_CACHE: cache, TMPDIR: project.temporary, FORCE_COLOR: '0' };
  const options = { cwd: project.folder, reject: false, stdin: 'ignore', all: true, env } as const;
  const run = execa(process.execPath, [MAIN, 'run', 'scenarios/boots.spec.ts'], options);
  // The package manager is at work: the build is in its middle.
  await expect
    .poll(() => unfinished(cache).length > 0 || processesOf(runId).length > 3, { timeout: 120_000 })
    .toBe(true);
  run.kill('SIGKILL');
  await run;
  await expect.poll(() => processesOf(runId), { timeout: 2_000 }).toEqual([]);
  const list = await execa(process.execPath, [MAIN, 'images', 'list', '--json'], options);
  const images = JSON.parse(list.stdout) as { name: string; cached: boolean }[];
  expect(images.find(({ name }) => name === 'grub-rescue')?.cached).toBe(false);

  const again = await execa(process.execPath, [MAIN, 'run', 'scenarios/boots.spec.ts'], options);
  expect(again.all).toContain('1 passed');
  expect(unfinished(cache)).toEqual([]);
  expect(readdirSync(project.temporary).filter((name) => name.startsWith('guestwright'))).toEqual([]);
});
