/** Memoised machines that begin at a state of the store, and states that memoised machines leave there. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { typewriter } from '../engines/conformance/boot-sector.js';
import { launch } from '../machine/launch.js';
import type { MachineSpecInput } from '../machine/spec.js';
import type { Machine } from '../machine/types.js';
import { exportBundle, importBundle } from './bundle.js';
import { SnapshotStore } from './store.js';

let folder = '';
let spec: MachineSpecInput = {};

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'guestwright-test-'));
  vi.stubEnv('GUESTWRIGHT_STORE', path.join(folder, 'store'));
  const floppy = path.join(folder, 'typewriter.img');
  await writeFile(floppy, typewriter());
  spec = { floppy, memory: 8 };
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

async function launched(more: MachineSpecInput = {}, memoise = true): Promise<Machine> {
  const machine = await launch({ ...spec, ...more }, { memoise });
  onTestFinished(async () => await machine.dispose());
  return machine;
}

const lines = async (machine: Machine): Promise<string[]> =>
  (await machine.screen.text()).split('\n').filter((line) => line.includes('>'));

/** Types a word where nothing was typed, and keeps the state. */
async function made(word: string): Promise<{ starts: number; key: string | undefined }> {
  const machine = await launched();
  await machine.screen.getByText('>').waitFor();
  await machine.keyboard.type(word);
  await machine.screen.getByText(word).waitFor();
  await machine.saveState('store:made');
  await machine.dispose();
  const key = (await new SnapshotStore().names()).get('made');
  return { starts: machine.memoised?.starts ?? -1, key };
}

const exported = async (bundle: string): ReturnType<typeof exportBundle> => {
  const store = new SnapshotStore();
  return await exportBundle(store, await store.find('made'), bundle);
};

/** Goes on from it. */
async function wentOn(letter: string, memoise = true) {
  const machine = await launched({ state: 'store:made' }, memoise);
  const before = await lines(machine);
  await machine.keyboard.type(letter);
  await machine.screen.getByText(new RegExp(`${letter}$`)).waitFor();
  const seen = { before, after: await lines(machine), at: machine.clock.now, hash: (await machine.stateHash()).hash };
  await machine.dispose();
  return { seen, starts: machine.memoised?.starts };
}

test('who does the same again gets the same state, without an engine; so do those that go on from it', async () => {
  const first = await made('ab');
  expect(first.starts).toBe(1);
  const plain = await wentOn('x', false);
  const cold = await wentOn('x');
  expect(cold).toEqual({ seen: plain.seen, starts: 1 });
  expect(cold.seen).toMatchObject({ before: ['>ab'], after: ['>abx'] });
  expect(await wentOn('x')).toEqual({ seen: plain.seen, starts: 0 });

  expect(await made('ab')).toEqual({ starts: 0, key: first.key });
  expect(await wentOn('x')).toEqual({ seen: plain.seen, starts: 0 });
  // Another state of the same name is another beginning.
  expect((await made('cd')).key).not.toBe(first.key);
  expect(await wentOn('x')).toMatchObject({ seen: { before: ['>cd'], after: ['>cdx'] }, starts: 1 });
});

test('a bundle of a state answers in another store for those that trust it, and for nobody else', async () => {
  const { key } = await made('ab');
  const bundle = path.join(folder, 'made.bundle');
  const { timelines } = await exported(bundle);
  // The start, and an input for each key that went down or up.
  expect(timelines).toBeGreaterThan(4);

  vi.stubEnv('GUESTWRIGHT_STORE', path.join(folder, 'distrusting'));
  const other = new SnapshotStore();
  await other.name('made', (await importBundle(other, bundle)).manifest.key);
  expect((await wentOn('x')).seen.after).toEqual(['>abx']);
  expect(await made('ab')).toEqual({ starts: 1, key });

  vi.stubEnv('GUESTWRIGHT_STORE', path.join(folder, 'trusting'));
  await importBundle(new SnapshotStore(), bundle, { trust: true });
  expect(await made('ab')).toEqual({ starts: 0, key });
});

test('a timeline that was changed in a bundle is found out, wherever it was changed', async () => {
  await made('ab');
  const bundle = path.join(folder, 'made.bundle');
  await exported(bundle);
  const whole = await readFile(bundle);
  vi.stubEnv('GUESTWRIGHT_STORE', path.join(folder, 'other'));
  const begin = whole.indexOf('{"timelines"');
  const end = whole.indexOf('GWTIME01', begin) + 3_000;
  for (let place = begin; place < end; place += 97) {
    const bad = Buffer.from(whole);
    bad[place] = (bad[place] ?? 0) ^ 1;
    await writeFile(bundle, bad);
    await expect(importBundle(new SnapshotStore(), bundle, { trust: true })).rejects.toMatchObject({
      code: 'bundle-invalid',
    });
  }
  expect(await new SnapshotStore().list()).toEqual([]);
});

test('the journal beside a state has what was typed, but no secret', async () => {
  const machine = await launched();
  await machine.screen.getByText('>').waitFor();
  await machine.keyboard.type('a');
  await machine.keyboard.type('q', { secret: true });
  await machine.saveState('store:made');
  const store = new SnapshotStore();
  const file = path.join(folder, 'journal');
  await store.extract(await store.find('made'), 'journal', file);
  const text = await readFile(file, 'utf8');
  expect(text).toContain('KeyA');
  expect(text).not.toContain('KeyQ');
});

test('a fork of a machine that began at a state goes on from there, whatever has become of the others', async () => {
  await made('ab');
  const machine = await launched({ state: 'store:made' });
  const snapshot = await machine.snapshot();
  const fork = await snapshot.fork();
  onTestFinished(async () => await fork.dispose());
  await machine.dispose();
  await new SnapshotStore().removeName('made');
  await fork.keyboard.type('y');
  await fork.screen.getByText('aby').waitFor();
  expect(await lines(fork)).toEqual(['>aby']);
});

test('a state that was made off stays off, and says so', async () => {
  const machine = await launched();
  await machine.screen.getByText('>').waitFor();
  await machine.powerOff();
  await machine.saveState('store:off');
  await machine.dispose();
  for (const starts of [1, 0]) {
    const again = await launched({ state: 'store:off' });
    expect(again.state).toBe('off');
    await again.dispose();
    expect(again.memoised?.starts).toBe(starts);
  }
});

test('a state of another machine is refused as it is without a store', async () => {
  await made('ab');
  const code = async (memoise: boolean): Promise<unknown> =>
    await launched({ state: 'store:made', memory: 16 }, memoise).then(
      () => 'launched',
      (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
    );
  expect(await code(true)).toBe(await code(false));
  expect(await code(true)).not.toBe('launched');
});
