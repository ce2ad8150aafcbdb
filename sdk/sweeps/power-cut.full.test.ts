/** Power-cut sweeps on the real engine: a guest of one boot sector that writes to its disk whenever it starts. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { bootCounter, diskWith } from '../engines/conformance/boot-sector.js';
import { GuestwrightError } from '../errors.js';
import { launch } from '../machine/launch.js';
import type { Machine } from '../machine/types.js';
import { powerCut } from './power-cut.js';

let disk = '';
beforeEach(async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'guestwright-test-sweep-'));
  vi.stubEnv('GUESTWRIGHT_STORE', path.join(folder, 'store'));
  disk = path.join(folder, 'disk.img');
  await writeFile(disk, diskWith(bootCounter()));
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true, force: true });
  });
});

/** It counts its starts in its boot sector, and has started once: it shows `#A`. */
async function counter(memoise: boolean): Promise<Machine> {
  const machine = await launch({ disks: [{ path: disk }], boot: ['disk'], memory: 8 }, { memoise });
  onTestFinished(async () => await machine.dispose());
  await machine.screen.getByText('#A').waitFor();
  return machine;
}

async function restart(machine: Machine, shown: string): Promise<void> {
  await machine.reset();
  await machine.screen.getByText(shown).waitFor();
}

test.each([false, true])('each cut leaves what was written before it (memoised: %s)', async (memoise) => {
  const machine = await counter(memoise);
  const recovery = await machine.snapshot();
  const step = async (): Promise<void> => {
    for (const shown of ['#B', '#C', '#D']) await restart(machine, shown);
  };
  const cuts: number[] = [];
  const report = await powerCut(
    machine,
    { recovery, step, duringWrites: 'every', onCut: ({ writes }) => cuts.push(writes) },
    async (fork, { writes }) => {
      // One write a start: a fork starts once more than there were.
      await restart(fork, ['#C', '#D', '#E'][writes - 1] ?? '');
    },
  );
  expect(report).toMatchObject({ writes: 3, failed: [] });
  expect(report.cuts.map(({ writes, outcome }) => [writes, outcome])).toEqual([
    [1, 'recovered'],
    [2, 'recovered'],
    [3, 'recovered'],
  ]);
  expect(cuts.sort()).toEqual([1, 2, 3]);
  // The machine itself goes on from where its step ended.
  await restart(machine, '#E');
});

test('a cut that does not recover is reported with its reason, what is wrong with the scenario ends the sweep', async () => {
  const machine = await counter(false);
  const recovery = await machine.snapshot();
  const step = async (): Promise<void> => {
    for (const shown of ['#B', '#C']) await restart(machine, shown);
  };
  const report = await powerCut(machine, { recovery, step }, async (fork, { writes }) => {
    await Promise.resolve();
    if (writes === 2) throw new Error(`${fork.name} is lost`);
  });
  expect(report.failed).toMatchObject([{ writes: 2, reason: 'machine after write 2 is lost' }]);

  await machine.revert(recovery);
  const forks: Machine[] = [];
  const misused = powerCut(machine, { recovery, step }, async (fork) => {
    forks.push(fork);
    // A machine that is running cannot be started.
    await fork.start();
  });
  await expect(misused).rejects.toMatchObject({ code: 'wrong-state' });
  expect(forks.map(({ state }) => state)).toEqual(forks.map(() => 'disposed'));
});

test.each([
  ['sweep-without-cuts', {}, async () => await Promise.resolve()],
  ['sweep-writes-invalid', { duringWrites: 'every other' as 'every' }, async () => await Promise.resolve()],
  ['disk-missing', { disk: 1 }, async () => await Promise.resolve()],
  [
    'writes-unwatched',
    {},
    async (machine: Machine) => {
      const [recovery] = machine.snapshots;
      if (recovery !== undefined) await machine.revert(recovery);
    },
  ],
])('%s', async (code, options, step) => {
  const machine = await counter(false);
  const recovery = await machine.snapshot();
  const sweep = powerCut(machine, { recovery, step, ...options }, async () => await Promise.resolve());
  const error: unknown = await sweep.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(GuestwrightError);
  expect((error as GuestwrightError).code).toBe(code);
});
