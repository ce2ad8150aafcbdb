import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { GuestwrightError } from '../errors.js';
import { exportImage, importImage, listImages, parseImageRef, removeImage, resolveFileRef } from './index.js';

let folder: string;
let project: string;
let disk: string;

const content = 'the bytes of a disk';
const digest = createHash('sha256').update(content).digest('hex');

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guestwright-transfer-'));
  project = join(folder, 'project');
  await mkdir(project);
  await writeFile(join(project, 'package.json'), '{}');
  disk = join(folder, 'my.iso');
  await writeFile(disk, content);
  vi.stubEnv('GUESTWRIGHT_CACHE', join(folder, 'cache'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function failureOf(work: Promise<unknown>): Promise<GuestwrightError> {
  const error: unknown = await work.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (error instanceof GuestwrightError) return error;
  throw error;
}

const importDisk = (sha256?: string) => importImage('my-os', disk, { sha256, projectRoot: project });

test('an own file becomes an image of one part, pinned by the project', async () => {
  expect(await importDisk(digest.toUpperCase())).toEqual({ parts: ['cdrom'] });
  await rm(disk);
  const file = await resolveFileRef('my-os:cdrom', { projectRoot: project });
  expect(await readFile(file.path, 'utf8')).toBe(content);
  expect(file.sha256).toBe(digest);
  expect(await readFile(join(project, 'images.lock'), 'utf8')).toContain(digest);
  expect((await listImages({ projectRoot: project })).find(({ name }) => name === 'my-os')).toMatchObject({
    source: 'import',
    parts: ['cdrom'],
    cached: true,
    locked: true,
  });
});

test('without a digest nothing is imported; once the lock has it, none is needed', async () => {
  expect((await failureOf(importDisk())).failure).toMatchObject({ kind: 'usage', code: 'digest-needed' });
  await importDisk(digest);
  await removeImage('my-os', { projectRoot: project });
  const { failure } = await failureOf(resolveFileRef('my-os:cdrom', { projectRoot: project }));
  expect(failure).toMatchObject({ kind: 'infrastructure', code: 'image-missing' });
  expect(failure.expected).toContain(digest);
  await importDisk();
  expect((await resolveFileRef('my-os:cdrom', { projectRoot: project })).sha256).toBe(digest);
});

test('a wrong digest is refused with both', async () => {
  const { failure } = await failureOf(importDisk('0'.repeat(64)));
  expect(failure).toMatchObject({ kind: 'usage', code: 'digest-mismatch', seen: `SHA-256 ${digest}` });
});

test('other bytes under a pinned name are refused unless accepted', async () => {
  await importDisk(digest);
  await writeFile(disk, 'changed');
  const changed = createHash('sha256').update('changed').digest('hex');
  const { failure } = await failureOf(importDisk(changed));
  expect(failure).toMatchObject({ kind: 'infrastructure', code: 'image-drift' });
  expect(failure.expected).toContain(digest);
  expect(failure.seen).toContain(changed);
  await importImage('my-os', disk, { sha256: changed, accept: true, projectRoot: project });
  expect((await resolveFileRef('my-os:cdrom', { projectRoot: project })).sha256).toBe(changed);
});

test.each(['../evil', 'a/b', '.hidden', 'UPPER', ''])('the name %j is refused', async (name) => {
  const { failure } = await failureOf(importImage(name, disk, { sha256: digest, projectRoot: project }));
  expect(failure).toMatchObject({ kind: 'usage', code: 'name-invalid' });
});

test('a name of the catalogue cannot be taken by another file', async () => {
  const { failure } = await failureOf(importImage('grub-rescue', disk, { sha256: digest, projectRoot: project }));
  expect(failure).toMatchObject({ kind: 'usage', code: 'image-name-taken' });
});

/** An exported image, unpacked, altered, packed again. */
async function altered(change: (text: string) => string): Promise<string> {
  await importDisk(digest);
  const file = join(folder, 'my-os.image');
  await exportImage('my-os', file, { projectRoot: project });
  await writeFile(file, gzipSync(change(gunzipSync(await readFile(file)).toString('latin1'))));
  return file;
}

test('the same image is exported to the same bytes', async () => {
  await importDisk(digest);
  for (const name of ['a', 'b']) await exportImage('my-os', join(folder, name), { projectRoot: project });
  expect(await readFile(join(folder, 'a'))).toEqual(await readFile(join(folder, 'b')));
});

test.each<[string, (text: string) => string]>([
  ['other bytes than its digest says', (text) => text.replace(content, content.toUpperCase())],
  ['a part that is cut short', (text) => text.slice(0, -1)],
  ['more than it describes', (text) => `${text}more`],
  ['a part with a path for a name', (text) => text.replaceAll('"cdrom"', '"../../cdrom"')],
  ['a part that is not described', (text) => text.replace('"order":["cdrom"]', '"order":["cdrom","disk"]')],
  ['a size that is no size', (text) => text.replace(`"size":${content.length}`, '"size":-1')],
  ['fields that nobody knows', (text) => text.replace('"order"', '"extra":1,"order"')],
  ['no JSON', (text) => text.replace('{"name"', '{name')],
])('a file with %s is refused and leaves nothing behind', async (_what, change) => {
  const file = await altered(change);
  await removeImage('my-os', { unlock: true, projectRoot: project });
  const { failure } = await failureOf(importImage('my-os', file, { accept: true, projectRoot: project }));
  expect(failure).toMatchObject({ kind: 'usage', code: 'image-file-invalid' });
  expect(await readdir(join(folder, 'cache', 'images'))).not.toContain('my-os');
  expect((await readdir(join(folder, 'cache', 'images'))).filter((name) => name.startsWith('.scratch'))).toEqual([]);
});

test('a reference is a path or image:part; a drive letter is no image', () => {
  expect(parseImageRef('grub-rescue:floppy')).toEqual({ image: 'grub-rescue', part: 'floppy' });
  expect(parseImageRef('memtest86+:kernel')).toEqual({ image: 'memtest86+', part: 'kernel' });
  for (const path of ['C:disk', './a:b', 'disk.img', '/a/b:c', 'a:b/c']) expect(parseImageRef(path)).toBeNull();
});

test('a missing file, an unknown image and an unknown part are told apart and helped', async () => {
  const options = { projectRoot: project };
  const missing = await failureOf(resolveFileRef(join(folder, 'none.img'), options));
  expect(missing.failure).toMatchObject({ kind: 'usage', code: 'file-missing' });
  expect((await failureOf(resolveFileRef('grub-rescue', options))).failure.next).toContain('grub-rescue:floppy');
  const unknown = await failureOf(resolveFileRef('grub-recsue:floppy', options));
  expect(unknown.failure).toMatchObject({ kind: 'usage', code: 'image-unknown', next: 'Did you mean grub-rescue?' });
  await importDisk(digest);
  const part = await failureOf(resolveFileRef('my-os:disk', options));
  expect(part.failure).toMatchObject({ kind: 'usage', code: 'image-part-unknown', expected: 'my-os:cdrom' });
});
