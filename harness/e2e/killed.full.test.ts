/** However a run ends in the middle of a scenario: found by its id, nothing of it is left. */
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { counting } from '../../sdk/engines/conformance/boot-sector.js';
import { processesOf } from './processes.js';
import { makeProject, type Project } from './project.js';

const MAIN = fileURLToPath(new URL('../cli/main.js', import.meta.url));

/** The guest never pauses, so the machine is in the middle of its work whenever the signal comes. */
const SCENARIO = `
import { test } from 'guestwright';
import { writeFileSync, renameSync } from 'node:fs';
test.use({ machineSpec: { floppy: 'guest.img' } });
test('works on', async ({ machine }) => {
  writeFileSync(machine.runDirectory + '/file', 'x');
  const snapshot = await machine.snapshot();
  await machine.clock.advance(100);
  writeFileSync('worker.part', String(process.pid));
  renameSync('worker.part', 'worker');
  for (;;) {
    await machine.clock.advance(20_000);
    await machine.revert(snapshot);
  }
});
`;

let project: Project;
beforeAll(async () => {
  project = await makeProject({ 'guest.img': counting(), 'scenarios/works-on.spec.ts': SCENARIO });
});
afterAll(async () => await project[Symbol.asyncDispose]());

/** Signals what `victim` says in the middle of the scenario. */
async function endInTheMiddle(
  signal: NodeJS.Signals,
  victim: (pids: { command: number; worker: number }) => number,
): Promise<string> {
  const runId = randomUUID();
  const marker = join(project.folder, 'worker');
  await project.remove('worker');
  const run = execa(process.execPath, [MAIN, 'run', 'scenarios/works-on.spec.ts'], {
    cwd: project.folder,
    reject: false,
    stdin: 'ignore',
    env: { GUESTWRIGHT_RUN_ID: runId, TMPDIR: project.temporary, FORCE_COLOR: '0' },
  });
  await expect.poll(() => existsSync(marker), { timeout: 60_000 }).toBe(true);
  expect(processesOf(runId).length).toBeGreaterThan(1);
  expect(leftovers()).toHaveLength(1);
  process.kill(victim({ command: run.pid ?? 0, worker: Number(await project.read('worker')) }), signal);
  // A command that is asked to end may take its time; one that is killed has none.
  if (signal !== 'SIGKILL') await run;
  return runId;
}

function leftovers(): string[] {
  return readdirSync(project.temporary).filter((name) => name.startsWith('guestwright'));
}

test('SIGINT leaves no process and no temporary file', async () => {
  const runId = await endInTheMiddle('SIGINT', ({ command }) => command);
  expect(processesOf(runId)).toEqual([]);
  expect(leftovers()).toEqual([]);
});

test.each([
  ['throws', "throw new Error('on purpose');"],
  ['runs out of its time', 'await machine.clock.advance(100_000_000);'],
  ['ends its process', 'process.exit(3);'],
])('a scenario that %s leaves no process and no temporary file', async (_how, end) => {
  const runId = randomUUID();
  await project.write(
    'scenarios/ends.spec.ts',
    `
      import { test } from 'guestwright';
      import { writeFileSync } from 'node:fs';
      test.use({ machineSpec: { floppy: 'guest.img' } });
      test('ends', async ({ machine }) => {
        test.setTimeout(2_000);
        writeFileSync(machine.runDirectory + '/file', 'x');
        await machine.clock.advance(100);
        ${end}
      });`,
  );
  const { exitCode } = await execa(process.execPath, [MAIN, 'run', 'scenarios/ends.spec.ts'], {
    cwd: project.folder,
    reject: false,
    stdin: 'ignore',
    env: { GUESTWRIGHT_RUN_ID: runId, TMPDIR: project.temporary, FORCE_COLOR: '0' },
  });
  expect(exitCode).not.toBe(0);
  expect(processesOf(runId)).toEqual([]);
  expect(leftovers()).toEqual([]);
});

test('SIGKILL of the command leaves no process after 2 s and no temporary file', async () => {
  const runId = await endInTheMiddle('SIGKILL', ({ command }) => command);
  await expect.poll(() => processesOf(runId), { timeout: 2_000 }).toEqual([]);
  expect(leftovers()).toEqual([]);
});

test('SIGKILL of the worker ends the run, and the next machine sweeps up what the worker could not', async () => {
  const runId = await endInTheMiddle('SIGKILL', ({ worker }) => worker);
  await expect.poll(() => processesOf(runId), { timeout: 30_000 }).toEqual([]);
  // Nobody could remove the files of a process that was killed like that; they say whose they are.
  await project.write('scenarios/next.spec.ts', SCENARIO.slice(0, SCENARIO.indexOf('  const snapshot')) + '});');
  await project.run('scenarios/next.spec.ts');
  expect(leftovers()).toEqual([]);
});
