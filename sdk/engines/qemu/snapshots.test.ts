/** Snapshots of a real Linux with a disk, on QEMU. */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GuestwrightError } from '../../errors.js';
import { hardwareOf } from '../../machine/hardware.js';
import { launch } from '../../machine/launch.js';
import { parseSpec, type MachineSpecInput } from '../../machine/spec.js';
import type { Machine } from '../../machine/types.js';
import { QemuEngine } from './engine.js';

const { available } = await new QemuEngine().probe();
const SPEC: MachineSpecInput = {
  engine: 'qemu',
  memory: 64,
  kernel: { path: 'linux-busybox:kernel', initrd: 'linux-busybox:initrd' },
  disks: [{ sizeMb: 8 }],
};

let folder: string;
let linux: Machine;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'guestwright-qemu-snapshots-'));
  if (available) linux = await launch(SPEC);
});
afterAll(async () => {
  if (available) await linux.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** What is on the disk where the tests write. */
async function onDisk(machine: Machine): Promise<string> {
  return (await machine.shell.run('dd if=/dev/sda bs=512 skip=100 count=1 2>/dev/null | tr -d "\\0"')).stdout.trim();
}

async function write(machine: Machine, text: string): Promise<void> {
  const { exitCode } = await machine.shell.run(
    `echo ${text} | dd of=/dev/sda bs=512 seek=100 conv=sync 2>/dev/null; sync`,
  );
  expect(exitCode).toBe(0);
}

async function failureOf(work: Promise<unknown>): Promise<GuestwrightError> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof GuestwrightError) return error;
  throw new Error(`no typed error, but ${String(error)}`);
}

/** What an exported state says of itself, and where that is. */
interface Described {
  memory: { image: { size: number; map: string; crc: number } | null; stream: { offset: number; size: number } };
  layers: [string, { offset: number; size: number; crc: number }[]][];
}

function describedIn(bytes: Buffer): { description: Described; start: number } {
  const length = bytes.readUInt32LE(bytes.length - 24);
  const start = bytes.length - 24 - length;
  return { description: JSON.parse(bytes.toString('utf8', start, start + length)) as Described, start };
}

/** The state with another description. Checksums are no secret: they are made to fit. */
function describedAs(bytes: Buffer, description: unknown): Buffer {
  const json = Buffer.from(JSON.stringify(description));
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(json.length, 0);
  trailer.writeUInt32LE(crc32(json), 4);
  return Buffer.concat([bytes.subarray(0, describedIn(bytes).start), json, trailer, bytes.subarray(-16)]);
}

const digestOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

const inRun = (machine: Machine): string[] => readdirSync(join(machine.runDirectory, 'qemu')).sort();

test.skipIf(!available)('memory and disk go back together, again and again, in any order', async () => {
  await write(linux, 'one');
  await linux.shell.run('echo one > /file');
  const one = await linux.snapshot('one');
  await write(linux, 'two');
  await linux.shell.run('echo two > /file');
  const two = await linux.snapshot('two');
  await write(linux, 'three');
  for (const [snapshot, text] of [
    [one, 'one'],
    [two, 'two'],
    [one, 'one'],
  ] as const) {
    await linux.revert(snapshot);
    expect(await onDisk(linux)).toBe(text);
    expect((await linux.shell.run('cat /file')).stdout).toBe(`${text}\n`);
    await write(linux, 'gone');
  }
});

test.skipIf(!available)('a saved state starts two machines at once, which share nothing', async () => {
  await write(linux, 'saved');
  const state = join(folder, 'state');
  await linux.saveState(state);
  const [a, b] = await Promise.all([launch({ ...SPEC, state }), launch({ ...SPEC, state })]);
  try {
    // The machines have the file themselves: it is not needed any more.
    rmSync(state);
    await write(a, 'a');
    await write(b, 'b');
    expect(await Promise.all([a, b, linux].map(onDisk))).toEqual(['a', 'b', 'saved']);
    await a.powerOff();
    await a.start();
    expect(await onDisk(a)).toBe('a');
  } finally {
    await Promise.all([a.dispose(), b.dispose()]);
  }
});

test.skipIf(!available)(
  'what was brought back is saved, reverted and forked like any other, and no image is written to',
  async () => {
    const state = join(folder, 'generation1');
    const second = join(folder, 'generation2');
    const fill = async (machine: Machine, seed: string): Promise<string> => {
      // Some memory that is not zeros, and some that was not and is again.
      const script = `yes ${seed} | head -c 300000 > /big; yes ${seed} | head -c 200000 > /gone; rm /gone; md5sum < /big`;
      return (await machine.shell.run(script, { timeout: 120_000 })).stdout;
    };
    const sumOf = async (machine: Machine): Promise<string> => (await machine.shell.run('md5sum < /big')).stdout;
    const one = await fill(linux, 'one');
    await linux.saveState(state);
    const before = digestOf(state);
    const a = await launch({ ...SPEC, state });
    const forks: Machine[] = [];
    try {
      expect(await sumOf(a)).toBe(one);
      const two = await fill(a, 'two');
      const snapshot = await a.snapshot();
      const images = inRun(a).filter((name) => name.endsWith('.ram'));
      expect(images).toHaveLength(1);
      const imageFile = join(a.runDirectory, 'qemu', images[0] ?? '');
      const image = digestOf(imageFile);
      const three = await fill(a, 'three');
      await a.revert(snapshot);
      expect(await sumOf(a)).toBe(two);
      await fill(a, 'four');
      await a.revert(snapshot);
      expect(await sumOf(a)).toBe(two);
      await a.saveState(second);
      forks.push(...(await Promise.all([1, 2].map(async () => await launch({ ...SPEC, state: second })))));
      const [b, c] = forks as [Machine, Machine];
      expect(await fill(b, 'three')).toBe(three);
      expect([await sumOf(a), await sumOf(b), await sumOf(c)]).toEqual([two, three, two]);
      // In place, not reverted: neither machine's writes reach what the others stand on.
      expect([digestOf(state), digestOf(imageFile)]).toEqual([before, image]);
    } finally {
      await Promise.all([a, ...forks].map(async (machine) => await machine.dispose()));
    }
  },
);

test.skipIf(!available)("an exported state's memory is sparse, and lies where it can be mapped", async () => {
  const state = join(folder, 'sparse');
  await linux.saveState(state);
  const { description } = describedIn(readFileSync(state));
  expect(description.memory.image?.size).toBe(64 * 2 ** 20);
  expect(description.memory.stream.offset).toBe(64 * 2 ** 20);
  const { size, blocks } = statSync(state);
  expect(size).toBeGreaterThan(64 * 2 ** 20);
  expect(blocks * 512).toBeLessThan(size);
});

test.skipIf(!available)('a machine stands on an imported state also when its snapshot has been forgotten', async () => {
  const hardware = await hardwareOf(parseSpec(SPEC));
  const context = (name: string) => ({ runDirectory: join(folder, name), runId: name, guardMs: 60_000 });
  const file = join(folder, 'imported');
  const engine = new QemuEngine();
  await using first = await engine.start(hardware, context('first'));
  const saved = await first.save();
  await first.exportSnapshot(saved.id, file);
  await using second = await engine.start(hardware, context('second'));
  const { id } = await second.importSnapshot(file);
  await second.restore(id);
  await second.forget(id);
  const { floppies, cdrom, bootOrder } = hardware;
  await second.input({ kind: 'power', action: 'off' });
  await second.input({ kind: 'power', action: 'on', media: { floppies, cdrom, bootOrder } });
  expect((await second.observe({ kind: 'power' })).state).toBe('running');
});

test.skipIf(!available)('what no snapshot needs any more is removed', async () => {
  const own = await launch(SPEC);
  try {
    const first = await own.snapshot();
    const before = inRun(own);
    for (let i = 0; i < 3; i++) {
      await own.shell.run('true');
      await own.revert(first);
    }
    expect(inRun(own)).toHaveLength(before.length);
  } finally {
    await own.dispose();
  }
  expect(existsSync(own.runDirectory)).toBe(false);
});

test.skipIf(!available)("the user's overlay goes back with the machine", async () => {
  const overlay = join(folder, 'overlay');
  const own = await launch({ ...SPEC, disks: [{ sizeMb: 8, overlay }] });
  try {
    await write(own, 'kept');
    const kept = await own.snapshot();
    await write(own, 'gone');
    await own.revert(kept);
    expect(await onDisk(own)).toBe('kept');
  } finally {
    await own.dispose();
  }
  await using next = await launch({ ...SPEC, disks: [{ sizeMb: 8, overlay }] });
  expect(await onDisk(next)).toBe('kept');
  expect(readdirSync(folder).filter((name) => name.includes('guestwright-new'))).toEqual([]);
});

test.skipIf(!available)(
  'a state that is damaged, cut, of another machine or not there is refused, and nothing is left',
  async () => {
    const state = join(folder, 'state');
    await linux.saveState(state);
    const bytes = readFileSync(state);
    // Other tests run beside this one, in processes of their own.
    const own = `guestwright-run-${process.pid}-`;
    const runs = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith(own));
    const before = runs();
    expect((await failureOf(launch({ ...SPEC, memory: 128, state }))).code).toBe('state-of-another-machine');
    const { memory } = describedIn(bytes).description;
    if (memory.image === null) throw new Error('the memory is not apart');
    const changed = (at: number): Buffer => {
      const copy = Buffer.from(bytes);
      copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
      return copy;
    };
    // The vectors of the processor in real mode are at the beginning of every PC's memory.
    expect(bytes.readUInt32LE(16)).not.toBe(0);
    const damaged = changed(16);
    const inStream = changed(memory.stream.offset + (memory.stream.size >> 1));
    const old = Buffer.from(bytes);
    old.write('GUESTWRIGHT-QST1', bytes.length - 16);
    const smaller = {
      ...describedIn(bytes).description,
      memory: { ...memory, image: { ...memory.image, size: 4096 } },
    };
    const description = Buffer.from(bytes);
    description.writeUInt8(description.readUInt8(bytes.length - 30) ^ 1, bytes.length - 30);
    for (const [bad, why] of [
      [damaged, 'checksum'],
      [inStream, 'checksum'],
      [old, 'older'],
      [describedAs(bytes, smaller), 'a map of another size'],
      [description, 'description'],
      [bytes.subarray(0, bytes.length - 1), 'not all of it'],
      [Buffer.from('no state'), 'another kind of file'],
    ] as const) {
      writeFileSync(state, bad);
      const error = await failureOf(launch({ ...SPEC, state }));
      expect(error.code).toBe('state-invalid');
      expect(error.message).toContain(why);
    }
    rmSync(state);
    expect((await failureOf(launch({ ...SPEC, state }))).code).toBe('state-missing');
    expect(runs()).toEqual(before);
  },
);

test.skipIf(!available)('a disk in a state that names a file of the host is refused', async () => {
  const state = join(folder, 'state');
  await linux.saveState(state);
  const bytes = readFileSync(state);
  const { description } = describedIn(bytes);
  const [layer] = description.layers[0]?.[1] ?? [];
  if (layer === undefined) throw new Error('the state has no layer');
  // The name of a base: where it is, and how long.
  const name = '/etc/passwd';
  bytes.writeBigUInt64BE(512n, layer.offset + 8);
  bytes.writeUInt32BE(name.length, layer.offset + 16);
  bytes.write(name, layer.offset + 512);
  layer.crc = crc32(bytes.subarray(layer.offset, layer.offset + layer.size));
  writeFileSync(state, describedAs(bytes, description));
  const error = await failureOf(launch({ ...SPEC, state }));
  expect(error.code).toBe('state-invalid');
  expect(error.message).toContain('not all in the file');
});
