/** How long a fork takes to run, beside a launch from the same state in a file. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch } from '../../sdk/machine/launch.js';
import type { Machine } from '../../sdk/machine/types.js';
import type { Figures } from '../figures.js';

const ROUNDS = 7;
const MEMORY_MB = 128;

/** @param note told what was done */
export async function measureForks(note: (line: string) => void): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), 'guestwright-bench-forks-'));
  try {
    const spec = { kernel: { path: 'linux-busybox:kernel', initrd: 'linux-busybox:initrd' }, memory: MEMORY_MB };
    const state = join(folder, 'state');
    await using machine = await launch(spec);
    await machine.shell.run('true', { timeout: 60_000 });
    const snapshot = await machine.snapshot();
    await machine.saveState(state);
    // The first finds no worker that stands ready; what it leaves is one for the next.
    await (await ready(await snapshot.fork())).dispose();
    const forks: number[] = [];
    const launches: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      launches.push(await wallMs(async () => await launch({ ...spec, state })));
      forks.push(await wallMs(async () => await snapshot.fork()));
    }
    const [fork, launched] = [median(forks), median(launches)];
    note(
      `a fork of ${MEMORY_MB} MB runs after ${fork.toFixed(0)} ms, a launch from its state after ${launched.toFixed(0)} ms`,
    );
    return { 'fork.v86': { value: fork, unit: 'ms', baseline: launched, ratio: launched / fork } };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Until the guest has run. */
async function wallMs(start: () => Promise<Machine>): Promise<number> {
  const from = performance.now();
  const machine = await start();
  await machine.clock.advance(10);
  const took = performance.now() - from;
  await (await ready(machine)).dispose();
  return took;
}

/** It does something, as a test would: another worker gets ready meanwhile. */
async function ready(machine: Machine): Promise<Machine> {
  await machine.shell.run('seq 20000 | tail -n 1');
  return machine;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}
