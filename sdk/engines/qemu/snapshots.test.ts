/** Snapshots of a real Linux with a disk, on QEMU. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
    const runs = (): string[] => readdirSync(tmpdir()).filter((name) => /^guestwright-run-/.test(name));
    const before = runs();
    expect((await failureOf(launch({ ...SPEC, memory: 128, state }))).code).toBe('state-of-another-machine');
    const damaged = Buffer.from(bytes);
    damaged.writeUInt8(damaged.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
    const description = Buffer.from(bytes);
    description.writeUInt8(description.readUInt8(bytes.length - 30) ^ 1, bytes.length - 30);
    for (const [bad, why] of [
      [damaged, 'checksum'],
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
  const jsonLength = bytes.readUInt32LE(bytes.length - 24);
  const jsonStart = bytes.length - 24 - jsonLength;
  const description = JSON.parse(bytes.toString('utf8', jsonStart, jsonStart + jsonLength)) as {
    layers: [string, { offset: number; size: number; crc: number }[]][];
  };
  const [layer] = description.layers[0]?.[1] ?? [];
  if (layer === undefined) throw new Error('the state has no layer');
  // The name of a base: where it is, and how long. Checksums are no secret: they are made to fit.
  const name = '/etc/passwd';
  bytes.writeBigUInt64BE(512n, layer.offset + 8);
  bytes.writeUInt32BE(name.length, layer.offset + 16);
  bytes.write(name, layer.offset + 512);
  layer.crc = crc32(bytes.subarray(layer.offset, layer.offset + layer.size));
  const json = Buffer.from(JSON.stringify(description));
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(json.length, 0);
  trailer.writeUInt32LE(crc32(json), 4);
  writeFileSync(state, Buffer.concat([bytes.subarray(0, jsonStart), json, trailer, bytes.subarray(-16)]));
  const error = await failureOf(launch({ ...SPEC, state }));
  expect(error.code).toBe('state-invalid');
  expect(error.message).toContain('not all in the file');
});
