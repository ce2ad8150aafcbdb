/** Checkpoints of v86 machines that are not memoised, with guests of one boot sector. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { diskWith, serialEcho, typewriter } from '../engines/conformance/boot-sector.js';
import { launch } from '../machine/launch.js';
import type { Machine } from '../machine/types.js';
import { SnapshotStore } from '../snapshots/store.js';
import { Checkpoints, type Checkpoint } from './checkpoints.js';
import { decideKeeping, obstacleTo } from './keeping.js';

const FLOPPY = 1_474_560;
const SCOPE = ['project', 'file.spec.ts', 'a test'];

let folder: string;
let keys: string;
let line: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'guestwright-checkpoints-'));
  process.env['GUESTWRIGHT_STORE'] = join(folder, 'store');
  keys = join(folder, 'typewriter.img');
  line = join(folder, 'echo.img');
  writeFileSync(keys, diskWith(typewriter(), FLOPPY));
  writeFileSync(line, diskWith(serialEcho(), FLOPPY));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const checkpoint = (name: string, more: Partial<Checkpoint> = {}): Checkpoint => ({
  name,
  version: 1,
  body: `async () => { /* ${name} */ }`,
  ...more,
});

function newStore(): SnapshotStore {
  return new SnapshotStore(mkdtempSync(join(folder, 'store-')));
}

async function machineOf(floppy = keys, more: { memory?: number; state?: string } = {}): Promise<Machine> {
  const machine = await launch({ memory: 8, floppy, ...more });
  onTestFinished(async () => await machine.dispose());
  return machine;
}

const kept = async (machine: Machine, store: SnapshotStore, scope = SCOPE): Promise<Checkpoints> =>
  await Checkpoints.of(machine, { scope, store });

async function keep(checkpoints: Checkpoints, machine: Machine, one: Checkpoint): Promise<void> {
  await checkpoints.keep(one, await machine.snapshot(one.name));
}

/** Types something and passes one checkpoint, `typed`. */
async function typed(store: SnapshotStore): Promise<{ machine: Machine; checkpoints: Checkpoints }> {
  const machine = await machineOf();
  const checkpoints = await kept(machine, store);
  await machine.screen.getByText('>').waitFor();
  await machine.keyboard.type('ab');
  await machine.screen.getByText('>ab').waitFor();
  await keep(checkpoints, machine, checkpoint('typed'));
  return { machine, checkpoints };
}

test('another machine is taken to it, exactly, and goes on from there', async () => {
  const store = newStore();
  const first = await typed(store);
  const { hash } = await first.machine.stateHash();
  await first.checkpoints[Symbol.asyncDispose]();
  expect(first.checkpoints.problems).toEqual([]);

  const machine = await machineOf();
  await using checkpoints = await kept(machine, store);
  const found = await checkpoints.find(checkpoint('typed'));
  if (found === null) throw new Error('it is not there');
  // Nothing has changed yet.
  expect(await machine.screen.text()).not.toContain('ab');
  await checkpoints.use(found);
  expect((await machine.stateHash()).hash).toBe(hash);
  expect(found.bodyChanged).toBe(false);
  expect(machine.journal).toEqual([]);
  await machine.keyboard.type('c');
  await machine.screen.getByText('>abc').waitFor();
  await machine.revert(found.snapshot);
  expect((await machine.stateHash()).hash).toBe(hash);
});

/** The guest sends back each byte plus one. */
const asking = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text), (byte) => byte - 1);

test('what a port has said and how much of it was matched comes back too', async () => {
  const store = newStore();
  const one = await machineOf(line);
  const first = await kept(one, store);
  await one.serial.waitFor('!');
  await one.serial.write(asking('one two '));
  await one.serial.waitFor('one');
  await one.serial.waitFor('two ');
  await keep(first, one, checkpoint('said'));
  await first[Symbol.asyncDispose]();

  const other = await machineOf(line);
  await using checkpoints = await kept(other, store);
  const found = await checkpoints.find(checkpoint('said'));
  if (found === null) throw new Error('it is not there');
  await checkpoints.use(found);
  expect(await other.serial.text()).toBe('!one two ');
  // What was matched before is not found again.
  await expect(other.serial.waitFor('one', { timeout: 100 })).rejects.toMatchObject({ code: 'serial-timeout' });
  await other.serial.write(asking('one '));
  expect(await other.serial.waitFor('one')).toMatchObject({ before: '' });
});

test('keys that are held are known to be', async () => {
  const store = newStore();
  const one = await machineOf();
  const first = await kept(one, store);
  await one.screen.getByText('>').waitFor();
  await one.keyboard.down('Shift');
  await keep(first, one, checkpoint('held'));
  await first[Symbol.asyncDispose]();

  const other = await machineOf();
  await using checkpoints = await kept(other, store);
  const found = await checkpoints.find(checkpoint('held'));
  if (found === null) throw new Error('it is not there');
  await checkpoints.use(found);
  // A chord with it neither presses nor releases it.
  await other.keyboard.press('Shift+a');
  await other.screen.getByText('>A').waitFor();
  expect(other.journal.flatMap(({ input }) => (input.kind === 'key' ? [input.code] : []))).toEqual(['KeyA', 'KeyA']);
});

test('of a machine that is off, halted or paused, too; not of one that has ended', async () => {
  const store = newStore();
  const machine = await machineOf();
  const first = await kept(machine, store);
  await machine.screen.getByText('>').waitFor();
  await machine.pause();
  await keep(first, machine, checkpoint('paused'));
  await machine.resume();
  await machine.powerOff();
  await keep(first, machine, checkpoint('off'));
  await first[Symbol.asyncDispose]();
  expect(obstacleTo(machine)).toBeNull();
  await machine.dispose();
  expect(obstacleTo(machine)).toContain('disposed');

  const other = await machineOf();
  await using checkpoints = await kept(other, store);
  for (const name of ['paused', 'off'] as const) {
    const found = await checkpoints.find(checkpoint(name));
    if (found === null) throw new Error(`${name} is not there`);
    await checkpoints.use(found);
    expect(other.state).toBe(name);
  }
  await other.start();
  await other.screen.getByText('>').waitFor();
});

test('another machine, another scenario, another version or another checkpoint before: it is another', async () => {
  const store = newStore();
  const { checkpoints } = await typed(store);
  await checkpoints[Symbol.asyncDispose]();
  const look = async (machine: Machine, one: Checkpoint, scope = SCOPE): Promise<boolean> =>
    (await (await kept(machine, store, scope)).find(one)) !== null;
  const same = await machineOf();
  expect(await look(same, checkpoint('typed'))).toBe(true);
  expect(await look(same, checkpoint('other'))).toBe(false);
  expect(await look(same, checkpoint('typed', { version: 2 }))).toBe(false);
  expect(await look(same, checkpoint('typed'), [...SCOPE, 'another'])).toBe(false);
  expect(await look(await machineOf(line), checkpoint('typed'))).toBe(false);
  expect(await look(await machineOf(keys, { memory: 16 }), checkpoint('typed'))).toBe(false);
  const state = join(folder, 'begun');
  await same.saveState(state);
  expect(await look(await machineOf(keys, { state }), checkpoint('typed'))).toBe(false);

  await using later = await kept(same, store);
  await keep(later, same, checkpoint('before'));
  expect(await later.find(checkpoint('typed'))).toBeNull();
});

test('a body with another text is told; its version decides', async () => {
  const store = newStore();
  const { checkpoints } = await typed(store);
  await checkpoints[Symbol.asyncDispose]();
  await using again = await kept(await machineOf(), store);
  expect(await again.find(checkpoint('typed', { body: 'async () => undefined' }))).toMatchObject({ bodyChanged: true });
});

test('what follows a checkpoint is of that very state: stored anew, what followed is void', async () => {
  const store = newStore();
  const first = await typed(store);
  await keep(first.checkpoints, first.machine, checkpoint('after'));
  await first.checkpoints[Symbol.asyncDispose]();
  expect((await first.checkpoints.stored()).sort()).toEqual(['after', 'typed']);

  const used = async (): Promise<boolean> => {
    const machine = await machineOf();
    await using checkpoints = await kept(machine, store);
    const found = await checkpoints.find(checkpoint('typed'));
    if (found === null) throw new Error('it is not there');
    await checkpoints.use(found);
    return (await checkpoints.find(checkpoint('after'))) !== null;
  };
  expect(await used()).toBe(true);
  const anew = await typed(store);
  await anew.checkpoints[Symbol.asyncDispose]();
  expect(await used()).toBe(false);
});

test('after a state that cannot be kept nothing is, and that is told once', async () => {
  const store = newStore();
  const { machine, checkpoints } = await typed(store);
  checkpoints.lose('bad', 'something in it failed');
  await keep(checkpoints, machine, checkpoint('after'));
  await checkpoints[Symbol.asyncDispose]();
  expect(await checkpoints.stored()).toEqual(['typed']);
  expect(checkpoints.problems).toMatchObject([{ failure: { code: 'checkpoint-not-kept' } }]);
});

test('a damaged pack is told, never used, and the checkpoint can be stored again', async () => {
  const store = newStore();
  const first = await typed(store);
  await first.checkpoints[Symbol.asyncDispose]();
  const packs = join(store.folder, 'packs');
  for (const name of readdirSync(packs)) {
    const path = join(packs, name);
    const bytes = readFileSync(path);
    bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
    writeFileSync(path, bytes);
  }
  const machine = await machineOf();
  const second = await kept(machine, store);
  expect(await second.find(checkpoint('typed'))).toBeNull();
  expect(second.problems).toMatchObject([{ failure: { code: 'store-damaged' } }]);
  await keep(second, machine, checkpoint('typed'));
  await second[Symbol.asyncDispose]();
  await using third = await kept(await machineOf(), store);
  expect(await third.find(checkpoint('typed'))).not.toBeNull();
});

test.each([
  ['no state', { state: 'rubbish' }, 'checkpoint-unusable'],
  ['an own state of another shape', { own: '{"version":1}' }, 'store-damaged'],
])('%s under its key is told, taken out and not used', async (_what, wrong: { state?: string; own?: string }, code) => {
  const store = newStore();
  const first = await typed(store);
  await first.checkpoints[Symbol.asyncDispose]();
  const [{ manifest } = { manifest: null }] = await store.list();
  if (manifest === null) throw new Error('nothing was stored');
  const files: Record<string, string> = {};
  for (const name of ['state', 'own'] as const) {
    files[name] = join(store.folder, name);
    await store.extract(manifest.key, name, files[name]);
    const other = wrong[name];
    if (other !== undefined) writeFileSync(files[name], other);
  }
  await store.remove(manifest.key);
  const { key, engine, identity, time } = manifest;
  await store.put({ key, engine, identity, time, files });

  const machine = await machineOf();
  const before = await machine.stateHash();
  await using checkpoints = await kept(machine, store);
  expect(await checkpoints.find(checkpoint('typed'))).toBeNull();
  expect(checkpoints.problems).toMatchObject([{ failure: { code } }]);
  expect(await store.has(key)).toBe(false);
  expect(await machine.stateHash()).toEqual(before);
});

test('a store that cannot be written is told, and nothing else happens', async () => {
  const file = join(folder, 'no-folder');
  writeFileSync(file, '');
  const store = new SnapshotStore(join(file, 'store'));
  const { machine, checkpoints } = await typed(store);
  await checkpoints[Symbol.asyncDispose]();
  expect(checkpoints.problems).toMatchObject([{ failure: { code: 'store-unusable' } }]);
  expect(machine.state).toBe('running');
});

test('a medium that was put in is not there when the machine starts: such a state is not kept', async () => {
  const store = newStore();
  const machine = await machineOf();
  const checkpoints = await kept(machine, store);
  await machine.insert('floppy0', line);
  await keep(checkpoints, machine, checkpoint('other floppy'));
  await checkpoints[Symbol.asyncDispose]();
  expect(await checkpoints.stored()).toEqual([]);
  expect(checkpoints.problems[0]?.message).toContain('floppy0 holds a medium');
});

test('whose checkpoints are kept', async () => {
  const machine = await machineOf();
  expect(decideKeeping(machine)).toEqual({ kind: 'states' });
  await using memoised = await launch({ memory: 8, floppy: keys }, { memoise: true });
  expect(decideKeeping(memoised)).toEqual({ kind: 'memoised' });
  const disks = [{ sizeMb: 1, overlay: join(folder, 'overlay') }];
  await using overlaid = await launch({ memory: 8, floppy: keys, disks });
  expect(decideKeeping(overlaid)).toMatchObject({ kind: 'none' });
});
