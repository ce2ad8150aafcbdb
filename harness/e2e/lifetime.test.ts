import { afterEach, expect, test } from 'vitest';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeProject, type Project } from './project.js';
import { idlingGuest } from './tiny-guests.js';

const HEAD = `
import { expect, test } from 'guestwright';
import { writeFileSync } from 'node:fs';
test.use({ machineSpec: { floppy: 'guest.img' } });
`;

let project: Project | undefined;
afterEach(async () => await project?.[Symbol.asyncDispose]());

async function leftovers({ temporary }: Project): Promise<string[]> {
  return (await readdir(temporary)).filter((name) => name.startsWith('guestwright'));
}

async function isRunning(pid: number): Promise<boolean> {
  try {
    const status = await readFile(`/proc/${pid}/stat`, 'utf8');
    return !status.includes(') Z ');
  } catch {
    return false;
  }
}

/** Resolves when `condition` holds; the time-out of the test is the limit. */
async function eventually(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 50));
}

test('a scenario that ends its process leaves no files of its machine', async () => {
  project = await makeProject({
    'guest.img': idlingGuest(),
    'scenarios/exit.spec.ts': `${HEAD}
      test('exits', async ({ machine }) => {
        writeFileSync(machine.runDirectory + '/file', 'x');
        await expect(machine.screen).toShowText('READY');
        process.exit(7);
      });`,
  });
  const result = await project.run();
  expect(result.exitCode).toBe(1);
  expect(result.summary?.failures[0]?.failure).toMatchObject({ kind: 'infrastructure', code: 'worker-died' });
  expect(result.summary?.exitCodeHint).toBe(3);
  expect(await leftovers(project)).toEqual([]);
});

test('a runner that is killed takes its workers and their machines along', async () => {
  project = await makeProject({
    'guest.img': idlingGuest(),
    'scenarios/forever.spec.ts': `${HEAD}
      test('goes on for ever', async ({ machine }) => {
        writeFileSync(machine.runDirectory + '/file', 'x');
        await expect(machine.screen).toShowText('READY');
        writeFileSync('worker.pid.part', String(process.pid));
        (await import('node:fs')).renameSync('worker.pid.part', 'worker.pid');
        for (;;) await machine.clock.advance(10_000);
      });`,
  });
  const { folder } = project;
  const runner = project.start();
  const marker = join(folder, 'worker.pid');
  await eventually(
    async () =>
      await readFile(marker, 'utf8').then(
        () => true,
        () => false,
      ),
  );
  const worker = Number(await readFile(marker, 'utf8'));
  expect(await isRunning(worker)).toBe(true);
  expect(await leftovers(project)).toHaveLength(1);
  process.kill(runner.pid, 'SIGKILL');
  const killed = Date.now();
  await eventually(async () => !(await isRunning(worker)));
  expect(Date.now() - killed).toBeLessThan(2_000);
  expect(await leftovers(project)).toEqual([]);
  await runner.ended;
});
