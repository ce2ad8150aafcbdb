/** Machines that are forked of a snapshot, on the real engine, memoised and not. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { bootCounter, diskWith, typewriter } from '../engines/conformance/boot-sector.js';
import { GuestwrightError } from '../errors.js';
import { launch } from './launch.js';
import type { MachineSpecInput } from './spec.js';
import type { LaunchOptions, Machine } from './types.js';

let folder = '';
beforeEach(async () => {
  const made = await mkdtemp(path.join(tmpdir(), 'guestwright-test-fork-'));
  folder = made;
  vi.stubEnv('GUESTWRIGHT_STORE', path.join(folder, 'store'));
  await writeFile(image('typewriter'), typewriter());
  await writeFile(image('disk'), diskWith(bootCounter()));
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(made, { recursive: true, force: true });
  });
});

const image = (name: string): string => path.join(folder, `${name}.img`);

async function boot(spec: MachineSpecInput = {}, options: LaunchOptions = {}): Promise<Machine> {
  const machine = await launch({ floppy: image('typewriter'), memory: 8, ...spec }, options);
  onTestFinished(async () => await machine.dispose());
  await machine.screen.getByText('>').waitFor();
  return machine;
}

/** @returns the screen, and the state's hash at one guest time for all */
async function typed(machine: Machine, keys: string): Promise<{ text: string; hash: string }> {
  await machine.keyboard.type(keys);
  await machine.clock.advance(5_000 - machine.clock.now);
  return { text: (await machine.screen.text()).trim(), hash: (await machine.stateHash()).hash };
}

async function failureOf(work: Promise<unknown>): Promise<GuestwrightError> {
  const error: unknown = await work.then(
    () => new Error('nothing was thrown'),
    (reason: unknown) => reason,
  );
  if (error instanceof GuestwrightError) return error;
  throw error;
}

test.each([false, true])('a fork does what its machine would have done, to the bit (memoised: %s)', async (memoise) => {
  const machine = await boot({}, { memoise });
  const snapshot = await machine.snapshot('at its prompt');
  const itself = await typed(machine, 'ab');
  expect(itself.text).toContain('>ab');
  await using fork = await snapshot.fork();
  expect(fork.clock.now).toBe(snapshot.time);
  expect(await typed(fork, 'ab')).toEqual(itself);
  await using other = await snapshot.fork({ name: 'another' });
  expect(other.name).toBe('another');
  expect((await typed(other, 'ba')).text).toContain('>ba');
  // Its inputs are those of the machine up to the snapshot, and its own.
  expect(other.journal.slice(0, machine.journal.length - 4)).toEqual(machine.journal.slice(0, -4));
  expect(other.journal).toHaveLength(machine.journal.length);
});

test('forks that have been there before need no engine, and whoever launched the machine is told of each', async () => {
  const seen: { fork: string; hash: string; starts: number | undefined }[][] = [];
  for (let round = 0; round < 2; round++) {
    const told: Machine[] = [];
    const machine = await boot({}, { memoise: true, onFork: (fork) => told.push(fork) });
    const snapshot = await machine.snapshot();
    const fork = await snapshot.fork();
    const { hash } = await typed(fork, 'x');
    const later = await (await fork.snapshot()).fork();
    seen.push([fork, later].map((one) => ({ fork: one.name, hash, starts: one.memoised?.starts })));
    expect(told).toEqual([fork, later]);
    for (const one of [later, fork, machine]) await one.dispose();
  }
  const [first, second] = seen;
  expect(first?.map(({ starts }) => starts)).toEqual([1, 0]);
  expect(second).toEqual(first?.map((one) => ({ ...one, starts: 0 })));
});

test('snapshots make a tree', async () => {
  const machine = await boot();
  const root = await machine.snapshot('root');
  const child = await machine.snapshot('child');
  await machine.revert(root);
  const second = await machine.snapshot('second child');
  expect(machine.snapshots).toEqual([root, child, second]);
  expect([root, child, second].map(({ parent }) => parent?.name ?? null)).toEqual([null, 'root', 'root']);
});

test('a machine whose disk is kept in a file cannot be forked', async () => {
  const disks = [{ path: image('disk'), overlay: path.join(folder, 'overlay') }];
  const machine = await boot({ disks, boot: ['floppy'] });
  const failure = await failureOf((await machine.snapshot()).fork());
  expect(failure).toMatchObject({ code: 'fork-disk-file', failure: { kind: 'usage' } });
});

test('a machine that has ended cannot be forked', async () => {
  const machine = await boot();
  const snapshot = await machine.snapshot();
  await machine.dispose();
  expect((await failureOf(snapshot.fork())).code).toBe('machine-disposed');
});
