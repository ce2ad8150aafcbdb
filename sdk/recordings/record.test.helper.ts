/** Records runs of guests of one boot sector, in a folder of the test file's own, and replays them. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { typewriter } from '../engines/conformance/boot-sector.js';
import { engineNamed } from '../engines/index.js';
import { launch } from '../machine/launch.js';
import type { MachineSpecInput } from '../machine/spec.js';
import type { Machine } from '../machine/types.js';
import { makeFrame } from '../screen/frame.js';
import { MANIFEST_FILE, type Manifest } from './manifest.js';
import { openRecording } from './open.js';
import { replayRecording, type ReplayVerdict } from './replay.js';

export const { available } = await (await engineNamed('qemu')).probe();
export const folder = await mkdtemp(join(tmpdir(), 'guestwright-test-'));
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});
export const inFolder = (name: string): string => join(folder, name);

/** A floppy's or a disk's content as a file. */
export async function image(name: string, bytes: Uint8Array): Promise<string> {
  await writeFile(inFolder(name), bytes);
  return inFolder(name);
}

/** Records what `drive` does. */
export async function record(
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

export async function replayed(recording: string, until?: number): Promise<ReplayVerdict> {
  return await replayRecording(await openRecording(recording), until === undefined ? {} : { until });
}

/** What the screen showed, by rows. */
export function textOf(verdict: ReplayVerdict): string {
  if (verdict.kind !== 'exact') throw new Error(`it parted: ${JSON.stringify(verdict)}`);
  return (
    makeFrame(verdict.screen, 0)
      .grid?.lines.map((line) => line.trimEnd())
      .join('\n')
      .trimEnd() ?? ''
  );
}

export async function manifestOf(recording: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(recording, MANIFEST_FILE), 'utf8')) as Manifest;
}

export async function typed(name: string, text: string): Promise<{ recording: string; halfway: number }> {
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
