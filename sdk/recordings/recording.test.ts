/** Runs of guests of one boot sector, recorded and replayed. */
import { existsSync, readdirSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { bootCounter, diskWith, serialEcho, typewriter } from '../engines/conformance/boot-sector.js';
import { engineNamed } from '../engines/index.js';
import { launch } from '../machine/launch.js';
import type { MachineSpecInput } from '../machine/spec.js';
import type { Machine } from '../machine/types.js';
import { makeFrame } from '../screen/frame.js';
import { MANIFEST_FILE, type Manifest } from './manifest.js';
import { openRecording } from './open.js';
import { replayRecording, type ReplayVerdict } from './replay.js';

const { available } = await (await engineNamed('qemu')).probe();
const folder = await mkdtemp(join(tmpdir(), 'guestwright-test-'));
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});
const inFolder = (name: string): string => join(folder, name);

/** A floppy's or a disk's content as a file. */
async function image(name: string, bytes: Uint8Array): Promise<string> {
  await writeFile(inFolder(name), bytes);
  return inFolder(name);
}

/** Records what `drive` does. */
async function record(
  name: string,
  spec: MachineSpecInput,
  drive: (machine: Machine) => Promise<void>,
): Promise<string> {
  const recording = inFolder(name);
  const machine = await launch({ engine: 'qemu', memory: 16, record: true, ...spec }, { recording });
  try {
    await drive(machine);
  } finally {
    await machine.dispose();
  }
  return recording;
}

async function replayed(recording: string, until?: number): Promise<ReplayVerdict> {
  return await replayRecording(await openRecording(recording), until === undefined ? {} : { until });
}

/** What the screen showed, by rows. */
function textOf(verdict: ReplayVerdict): string {
  if (verdict.kind !== 'exact') throw new Error(`it parted: ${JSON.stringify(verdict)}`);
  return (
    makeFrame(verdict.screen, 0)
      .grid?.lines.map((line) => line.trimEnd())
      .join('\n')
      .trimEnd() ?? ''
  );
}

async function manifestOf(recording: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(recording, MANIFEST_FILE), 'utf8')) as Manifest;
}

async function typed(name: string, text: string): Promise<{ recording: string; halfway: number }> {
  const floppy = await image('typewriter.img', typewriter());
  let halfway = 0;
  const recording = await record(name, { floppy }, async (machine) => {
    await machine.screen.getByText(/^>$/).waitFor();
    await machine.keyboard.type(text);
    await machine.screen.getByText(`>${text}`).waitFor();
    halfway = machine.clock.now;
    const { hash } = await machine.stateHash();
    await machine.keyboard.type('more');
    await machine.screen.getByText(`>${text}more`).waitFor();
    expect((await machine.stateHash()).hash).not.toBe(hash);
  });
  return { recording, halfway };
}

test.skipIf(!available)('typed keys are replayed: every screen, and the memory at several instants', async () => {
  const { recording, halfway } = await typed('typed', 'abc');
  const end = await replayed(recording);
  // Two hashes were asked for, the third is at the end.
  expect(end).toMatchObject({ kind: 'exact', memories: 3 });
  expect(end.kind === 'exact' && end.screens).toBeGreaterThan(3);
  expect(textOf(end)).toContain('>abcmore');
  // In between it shows what was there then.
  const text = textOf(await replayed(recording, halfway));
  expect(text).toContain('>abc');
  expect(text).not.toContain('>abcmore');
  expect(readdirSync(recording).sort()).toEqual([MANIFEST_FILE, 'segment-1.log']);
});

test.skipIf(!available)('a recording in which something is not as it was is found to part, and where', async () => {
  const { recording } = await typed('one', 'abc');
  const { recording: other } = await typed('other', 'xyz');
  const manifest = await manifestOf(recording);
  const marks = manifest.run.segments[0]?.marks ?? [];
  const hashed = marks.filter(({ memory }) => memory !== undefined);
  const [first, second] = hashed;
  if (first === undefined || second === undefined) throw new Error('the machine was hashed twice');
  // A memory that is another by one byte has another hash.
  const memory = `${first.memory?.startsWith('0') === true ? '1' : '0'}${first.memory?.slice(1) ?? ''}`;
  const altered = structuredClone(manifest);
  const mark = altered.run.segments[0]?.marks.find(({ at, memory: its }) => at === first.at && its !== undefined);
  if (mark !== undefined) mark.memory = memory;
  await writeFile(join(recording, MANIFEST_FILE), JSON.stringify(altered));
  expect(await replayed(recording)).toMatchObject({
    kind: 'parted',
    parting: { kind: 'memory', expected: memory, seen: first.memory },
    at: first.at,
  });
  // The log of a run in which other keys were typed.
  const { digests } = await manifestOf(other);
  await writeFile(join(recording, MANIFEST_FILE), JSON.stringify({ ...manifest, digests }));
  await copyFile(join(other, 'segment-1.log'), join(recording, 'segment-1.log'));
  const verdict = await replayed(recording);
  expect(verdict.kind).toBe('parted');
  expect(verdict.at).toBeLessThanOrEqual(first.at);
});

test.skipIf(!available)('more serial input than the UART holds arrives whole, and is replayed', async () => {
  const sent = 'the quick brown fox jumps over the lazy dog';
  const echoed = Buffer.from(Buffer.from(sent).map((byte) => byte + 1)).toString();
  const recording = await record('serial', { floppy: await image('echo.img', serialEcho()) }, async (machine) => {
    await machine.serial.waitFor('!');
    await machine.serial.write(sent);
    await machine.serial.waitFor(echoed);
    await machine.stateHash();
  });
  expect(await replayed(recording)).toMatchObject({ kind: 'exact', memories: 2 });
});

test.skipIf(!available)('a reset and another power-on are replayed, with what was written to the disk', async () => {
  const disk = await image('counter.img', diskWith(bootCounter()));
  const recording = await record('counted', { disks: [disk] }, async (machine) => {
    await machine.screen.getByText('#A').waitFor();
    await machine.reset();
    await machine.screen.getByText('#B').waitFor();
    await machine.powerOff();
    await machine.start();
    await machine.screen.getByText('#C').waitFor();
  });
  expect((await manifestOf(recording)).run.segments).toHaveLength(2);
  const verdict = await replayed(recording);
  expect(verdict).toMatchObject({ kind: 'exact', memories: 2 });
  expect(textOf(verdict)).toContain('#C');
});

test.skipIf(!available)('what a recording cannot hold is refused by name, and the machine goes on', async () => {
  const floppy = await image('typewriter.img', typewriter());
  const recording = await record('refused', { floppy }, async (machine) => {
    expect(machine.capabilities).toMatchObject({ determinism: 'recorded', snapshots: false });
    await machine.screen.getByText(/^>$/).waitFor();
    await expect(machine.snapshot()).rejects.toMatchObject({ code: 'not-while-recording' });
    await expect(machine.insert('floppy0', null)).rejects.toMatchObject({ code: 'not-while-recording' });
    await machine.keyboard.type('on');
    await machine.screen.getByText('>on').waitFor();
  });
  expect(await replayed(recording)).toMatchObject({ kind: 'exact' });
});

test.skipIf(!available)('a recording needs a folder that is not there yet', async () => {
  const spec: MachineSpecInput = { engine: 'qemu', memory: 16, record: true };
  await expect(launch(spec)).rejects.toMatchObject({ code: 'recording-folder-missing' });
  await expect(launch(spec, { recording: folder })).rejects.toMatchObject({ code: 'recording-exists' });
});

test.skipIf(!available)('a machine that cannot start leaves no recording', async () => {
  const runDirectory = inFolder('run');
  const layout = { groups: ['us', 'ru'] as ['us', 'ru'], toggle: 'Alt+Sift' };
  const launching = launch(
    { engine: 'qemu', memory: 16, record: true, layout },
    { runDirectory, recording: inFolder('none') },
  );
  await expect(launching).rejects.toMatchObject({ code: 'unknown-key' });
  expect(existsSync(join(runDirectory, 'recording'))).toBe(false);
});

test.skipIf(!available)('a recording is not replayed with other media, or by another QEMU', async () => {
  const file = await image('changing.img', typewriter());
  const recording = await record('changing', { floppy: file }, async (machine) => {
    await machine.screen.getByText(/^>$/).waitFor();
  });
  await writeFile(file, serialEcho());
  await expect(replayed(recording)).rejects.toMatchObject({ code: 'replay-other-machine' });
  await rm(file);
  await expect(replayed(recording)).rejects.toMatchObject({ kind: 'usage' });
  const manifest = await manifestOf(recording);
  manifest.run.program = 'QEMU 0.1.0';
  await writeFile(join(recording, MANIFEST_FILE), JSON.stringify(manifest));
  await writeFile(file, typewriter());
  await expect(replayed(recording)).rejects.toMatchObject({ code: 'replay-other-program' });
  await expect(replayed(recording, 10_000_000)).rejects.toMatchObject({ code: 'replay-beyond-end' });
});
