/** Ctrl-C at any stage of an installation: nothing of it is left, and it can be run again. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { installedEngines } from '../config/installed-engines.js';
import { processesOf } from './processes.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const MAIN = join(ROOT, 'dist/harness/cli/main.js');
const GUEST = 'debian-bios';

let temporary = '';
beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'guestwright-test-'));
});
afterEach(async () => await rm(temporary, { recursive: true, force: true }));

/** What the scenario tells when a stage is over; before the first of them it boots. */
const STAGES = [
  ['boots', null],
  ['asks its questions', 'start the live system: '],
  ['installs', 'answer the installer: '],
] as const;

test.skipIf(installedEngines(['qemu']).length === 0).each(STAGES)(
  'an installation that is interrupted while it %s leaves no process, no socket and no file',
  async (_what, begun) => {
    const runId = randomUUID();
    const kept = await keptStates();
    const options = ['--config', 'playwright.full.config.ts', '--project', `install:${GUEST}-qemu`];
    const run = execa(
      process.execPath,
      [MAIN, 'run', ...options, '--reporter', 'list', '--output', join(temporary, 'results')],
      {
        cwd: ROOT,
        reject: false,
        stdin: 'ignore',
        env: { GUESTWRIGHT_RUN_ID: runId, TMPDIR: temporary, FORCE_COLOR: '0' },
      },
    );
    let said = '';
    run.stdout.on('data', (data: Buffer) => (said += data.toString()));
    const machines = async (): Promise<string[]> =>
      (await readdir(temporary)).filter((name) => /^(?:guestwright|gw)-/.test(name));
    await expect.poll(machines, { timeout: 300_000 }).not.toEqual([]);
    if (begun !== null) await expect.poll(() => said, { timeout: 1_200_000, interval: 200 }).toContain(begun);
    expect(processesOf(runId).length).toBeGreaterThan(2);

    run.kill('SIGINT');
    const { exitCode } = await run;
    expect(exitCode).not.toBe(0);
    expect(processesOf(runId)).toEqual([]);
    expect(await machines()).toEqual([]);
    expect(await keptStates()).toEqual(kept);
  },
);

/** Of installations that have come to their end. */
async function keptStates(): Promise<string[]> {
  return await readdir(join(ROOT, 'reports', 'installed')).catch(() => []);
}
