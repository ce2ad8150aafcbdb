import { createHash } from 'node:crypto';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseSpec } from '../machine/spec.js';
import { MANIFEST_FILE, specOfRecording, type Manifest } from './manifest.js';
import { openRecording } from './open.js';
import { between } from './replay.js';

const HASH = 'a'.repeat(64);
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guestwright-test-'));
  await writeFile(join(folder, 'segment-1.log'), 'log');
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function manifest(change: (manifest: Manifest) => void = () => undefined): Manifest {
  const made: Manifest = {
    format: 'guestwright-recording',
    version: 1,
    name: 'machine',
    spec: { engine: 'qemu', record: true, memory: 16 },
    digests: { 'segment-1.log': createHash('sha256').update('log').digest('hex') },
    run: {
      program: 'QEMU 7.2.22',
      identity: HASH,
      segments: [
        {
          log: 'segment-1.log',
          marks: [
            { at: 10, icount: 1_000, frame: HASH },
            { at: 20, icount: 3_000, memory: HASH },
          ],
        },
      ],
    },
  };
  change(made);
  return made;
}

async function opened(content: unknown): Promise<unknown> {
  await writeFile(join(folder, MANIFEST_FILE), typeof content === 'string' ? content : JSON.stringify(content));
  return await openRecording(folder);
}

const marksOf = ({ run }: Manifest): Manifest['run']['segments'][number]['marks'] => run.segments[0]?.marks ?? [];

test('a recording is opened as it was written', async () => {
  expect(await opened(manifest())).toMatchObject({ folder, name: 'machine', spec: { memory: 16, record: true } });
});

test.each<[string, unknown]>([
  ['that is no JSON', '{'],
  ['of another version', { ...manifest(), version: 2 }],
  ['with a field that nobody knows', { ...manifest(), more: 1 }],
  ['without a segment', manifest(({ run }) => (run.segments = []))],
  ['with a segment that has no mark', manifest((made) => (marksOf(made).length = 0))],
  ['with marks in another order', manifest((made) => marksOf(made).reverse())],
  ['with a negative count', manifest((made) => (marksOf(made)[0] = { at: 0, icount: -1 }))],
  ['with a hash that is none', manifest((made) => (marksOf(made)[0] = { at: 0, icount: 0, frame: 'abc' }))],
  ['whose log is a path', manifest(({ run }) => Object.assign(run.segments[0] ?? {}, { log: '../segment-1.log' }))],
  ['whose log is not there', manifest(({ run }) => Object.assign(run.segments[0] ?? {}, { log: 'segment-2.log' }))],
  ['of a machine that was not recorded', manifest((made) => (made.spec = { engine: 'qemu' }))],
  ['of a machine that cannot be recorded', manifest((made) => (made.spec['smp'] = 2))],
])('a recording %s is damaged', async (_what, content) => {
  await expect(opened(content)).rejects.toMatchObject({ code: 'recording-damaged' });
});

test('a log that was changed, or cut, is damaged', async () => {
  await writeFile(join(folder, 'segment-1.log'), 'lo');
  await expect(opened(manifest())).rejects.toMatchObject({ code: 'recording-damaged' });
});

test('what a link leads to is not of the recording', async () => {
  await symlink(join(folder, 'segment-1.log'), join(folder, 'segment-3.log'));
  const linked = manifest(({ run }) => Object.assign(run.segments[0] ?? {}, { log: 'segment-3.log' }));
  await expect(opened(linked)).rejects.toMatchObject({ code: 'recording-damaged' });
});

test('a folder without a manifest is no recording', async () => {
  await expect(openRecording(folder)).rejects.toMatchObject({ code: 'recording-missing' });
});

test('no password gets into a recording, and its spec makes the machine again', () => {
  const spec = parseSpec({
    engine: 'qemu',
    record: true,
    memory: 16,
    disks: [{ sizeMb: 4, bus: 'virtio' }],
    shell: { login: { user: 'root', password: 'very-secret' } },
  });
  const kept = JSON.parse(JSON.stringify(specOfRecording(spec))) as Record<string, unknown>;
  expect(JSON.stringify(kept)).not.toContain('secret');
  expect(parseSpec(kept)).toMatchObject({ memory: 16, record: true, disks: spec.disks, date: spec.date });
});

test('between two marks as much of the way is gone as of the time', () => {
  const [from, to] = [
    { at: 100, icount: 1_000 },
    { at: 200, icount: 3_000 },
  ];
  expect(between(from, to, 150)).toEqual({ at: 150, icount: 2_000 });
  expect(between(from, to, 200)).toEqual({ at: 200, icount: 3_000 });
  // The guest slept: no time that could be told apart.
  expect(between(from, { at: 100, icount: 1_500 }, 100)).toEqual({ at: 100, icount: 1_500 });
});
