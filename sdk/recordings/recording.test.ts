/** Runs of guests of one boot sector, recorded and replayed: see `recording.full.test.ts` for more of them. */
import { existsSync, readdirSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { serialEcho, typewriter } from '../engines/conformance/boot-sector.js';
import { launch } from '../machine/launch.js';
import type { MachineSpecInput } from '../machine/spec.js';
import { MANIFEST_FILE } from './manifest.js';
import {
  available,
  folder,
  image,
  inFolder,
  manifestOf,
  record,
  replayed,
  textOf,
  typed,
} from './record.test.helper.js';

test.skipIf(!available)('typed keys are replayed: every screen, and the memory at several instants', async () => {
  const { recording } = await typed('typed', 'abc');
  const end = await replayed(recording);
  // Two hashes were asked for, the third is at the end. A guest that woke meanwhile was hashed at no instant.
  const hashed = (await manifestOf(recording)).run.segments
    .flatMap(({ marks }) => marks)
    .filter(({ memory }) => memory);
  expect(end).toMatchObject({ kind: 'exact', memories: hashed.length });
  expect(hashed.length).toBeGreaterThanOrEqual(1);
  expect(end.kind === 'exact' && end.screens).toBeGreaterThan(3);
  expect(textOf(end)).toContain('>abcmore');
  expect(readdirSync(recording).sort()).toEqual([MANIFEST_FILE, 'segment-1.log']);
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
