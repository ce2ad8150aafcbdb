/** `guestwright run` as a process among processes: exit codes, and what is left after signals. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { UserFolder } from './command-line.js';

const CONFIG = `
import { defineConfig } from 'guestwright';
export default defineConfig({});
`;

/** Says who runs it, then waits until it is ended. */
const ENDLESS = `
import { test } from 'guestwright';
test('never ends', async () => {
  console.log('scenario in process ' + process.pid);
  await new Promise((resolve) => setTimeout(resolve, 600_000));
});
`;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Starts it and waits until the scenario says that it runs. */
async function startEndless(folder: UserFolder) {
  const run = folder.start(['run']);
  const worker = await new Promise<number>((resolve, reject) => {
    let output = '';
    run.stdout.on('data', (data: Buffer) => {
      output += data.toString();
      const pid = /scenario in process (\d+)/.exec(output)?.[1];
      if (pid !== undefined) resolve(Number(pid));
    });
    run.stdout.on('end', () => reject(new Error(`the scenario did not start:\n${output}`)));
  });
  return { run, worker };
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s: Playwright shuts down, the worker is gone and the exit code is %i', async (signal, exitCode) => {
  await using folder = await UserFolder.installed({ 'playwright.config.ts': CONFIG, 'scenarios/a.spec.ts': ENDLESS });
  const { run, worker } = await startEndless(folder);
  run.kill(signal);
  const ended = await run;
  expect(ended.exitCode).toBe(exitCode);
  expect(ended.stdout).toContain('1 interrupted');
  expect(isAlive(worker)).toBe(false);
});

test('SIGKILL of the command takes Playwright and its workers with it', async () => {
  await using folder = await UserFolder.installed({ 'playwright.config.ts': CONFIG, 'scenarios/a.spec.ts': ENDLESS });
  const { run, worker } = await startEndless(folder);
  run.kill('SIGKILL');
  // Ends when the last process that holds the output has gone.
  await run;
  await expect.poll(() => isAlive(worker), { timeout: 2_000 }).toBe(false);
});

test('a scenario that fails ends with 1, whatever reporter is asked for', async () => {
  await using folder = await UserFolder.installed({
    'playwright.config.ts': CONFIG,
    'scenarios/a.spec.ts': `
      import { expect, test } from 'guestwright';
      test('passes', () => {});
      test('fails', () => { expect(1).toBe(2); });
    `,
  });
  expect(await folder.run(['run', '--reporter=line'])).toMatchObject({ exitCode: 1 });
  expect(await folder.run(['run', '-g', 'passes'])).toMatchObject({ exitCode: 0 });
  expect(await folder.run(['run', '-g', 'nothing like it'])).toMatchObject({ exitCode: 2 });
  expect(await folder.run(['run', '--project', 'unknown'])).toMatchObject({ exitCode: 2 });
});

test('an option of Playwright arrives as it was written', async () => {
  await using folder = await UserFolder.installed({
    'playwright.config.ts': CONFIG,
    'scenarios/a.spec.ts': `import { test } from 'guestwright'; test('one', () => {}); test('two', () => {});`,
  });
  const { exitCode, stdout } = await folder.run(['run', '--list', '-g', 'two']);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('› two');
  expect(stdout).not.toContain('› one');
});

test('an infrastructure that fails ends with 3, and says what is missing', async () => {
  await using folder = await UserFolder.installed({
    'playwright.config.ts': CONFIG,
    'no-firmware/.keep': '',
    'scenarios/a.spec.ts': `
      import { expect, test } from 'guestwright';
      test.use({ machineSpec: { disks: [{ sizeMb: 1 }] } });
      test('boots', async ({ machine }) => { await expect(machine).toShowText('SeaBIOS'); });
    `,
  });
  const { exitCode, stdout } = await folder.run(['run'], { GUESTWRIGHT_FIRMWARE: join(folder.path, 'no-firmware') });
  expect(stdout).toContain('failed in the infrastructure');
  expect(stdout).toContain('GUESTWRIGHT_FIRMWARE');
  expect(exitCode).toBe(3);
});
