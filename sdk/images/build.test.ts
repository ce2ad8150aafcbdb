/** Builds against an archive of the test's own: small real packages, and an `apt-get` that offers them. */
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { GuestwrightError } from '../errors.js';
import { APT_GET, offerPackage } from './archive.test.helper.js';
import { buildFromRecipe } from './build.js';
import { DebianArchive } from './debian.js';
import { buildImage, exportImage, importImage, imagePath, listImages, resolveFileRef } from './index.js';
import type { BuildContext, Recipe } from './recipe.js';

const run = promisify(execFile);

let folder: string;
let archive: string;
let project: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guestwright-images-'));
  [archive, project] = [join(folder, 'archive'), join(folder, 'project')];
  for (const part of [archive, project, join(folder, 'bin')]) await mkdir(part);
  await writeFile(join(project, 'package.json'), '{}');
  await writeFile(join(folder, 'bin', 'apt-get'), APT_GET);
  await chmod(join(folder, 'bin', 'apt-get'), 0o755);
  vi.stubEnv('PATH', `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`);
  vi.stubEnv('ARCHIVE', archive);
  vi.stubEnv('GUESTWRIGHT_CACHE', join(folder, 'cache'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** Offers grub-rescue-pc in this version, with these bytes on its disks, and nothing else. */
async function offer(version: string, content = version): Promise<void> {
  await offerPackage(archive, 'grub-rescue-pc', version, {
    'usr/lib/grub-rescue/grub-rescue-floppy.img': `floppy ${content}`,
    'usr/lib/grub-rescue/grub-rescue-cdrom.iso': `cdrom ${content}`,
  });
}

const build = (options: { accept?: boolean } = {}) => buildImage('grub-rescue', { ...options, projectRoot: project });
const floppy = async () => {
  const { path } = await resolveFileRef('grub-rescue:floppy', { projectRoot: project });
  return await readFile(path, 'utf8');
};
const lockText = () => readFile(join(project, 'images.lock'), 'utf8');
const updates = async () =>
  (await readFile(join(archive, 'log'), 'utf8')).split('\n').filter((line) => line === 'update');

async function failureOf(work: Promise<unknown>): Promise<GuestwrightError> {
  const error: unknown = await work.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (error instanceof GuestwrightError) return error;
  throw error;
}

test('the first build takes what the archive has and pins it in the project', async () => {
  await offer('2.1');
  const messages: string[] = [];
  const file = await resolveFileRef('grub-rescue:floppy', {
    projectRoot: project,
    onProgress: (m) => messages.push(m),
  });
  expect(await readFile(file.path, 'utf8')).toBe('floppy 2.1');
  expect(file).toMatchObject({ size: 10, name: 'grub-rescue:floppy' });
  expect(file.sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(await lockText()).toContain('"version": "2.1"');
  expect(messages.join('\n')).toMatch(/downloading .* MB: grub-rescue-pc 2\.1/);
});

test('what is in the cache is used without asking the archive', async () => {
  await offer('2.1');
  await build();
  await rm(join(folder, 'bin', 'apt-get'));
  expect(await floppy()).toBe('floppy 2.1');
});

test('a damaged file in the cache is noticed and built again', async () => {
  await offer('2.1');
  await build();
  const [path = ''] = await imagePath('grub-rescue:floppy', { projectRoot: project });
  await writeFile(path, 'floppy 2.0');
  const options = { build: false, projectRoot: project };
  const { failure } = await failureOf(resolveFileRef('grub-rescue:floppy', options));
  expect(failure).toMatchObject({ kind: 'infrastructure', code: 'image-missing' });
  expect(failure.next).toContain('npx guestwright images build grub-rescue');
  expect(await floppy()).toBe('floppy 2.1');
});

test('drift is refused with what was pinned, what the archive has, and how to accept it', async () => {
  await offer('2.1');
  await build();
  await rm(join(folder, 'cache'), { recursive: true });
  await offer('2.2');
  const before = await lockText();
  const { failure } = await failureOf(build());
  expect(failure).toMatchObject({ kind: 'infrastructure', code: 'image-drift' });
  expect(failure.expected).toContain('grub-rescue-pc 2.1');
  expect(failure.seen).toContain('grub-rescue-pc 2.2');
  expect(failure.next).toContain('npx guestwright images build grub-rescue --accept');
  expect(await updates()).not.toHaveLength(0);
  expect(await lockText()).toBe(before);
  await build({ accept: true });
  expect(await floppy()).toBe('floppy 2.2');
  expect(await lockText()).toContain('"version": "2.2"');
});

test('the same version with other bytes is drift too', async () => {
  await offer('2.1');
  await build();
  await rm(join(folder, 'cache'), { recursive: true });
  await offer('2.1', 'something else');
  const { failure } = await failureOf(build());
  expect(failure.code).toBe('image-drift');
  expect(failure.expected).not.toBe(failure.seen);
});

test('a newer package in the archive changes nothing as long as the cache has the pinned image', async () => {
  await offer('2.1');
  await build();
  await offer('2.2');
  await build();
  expect(await floppy()).toBe('floppy 2.1');
});

test('pinned packages that come out as other bytes are reported, part by part', async () => {
  await offer('2.1');
  await build();
  const lock = (await lockText()).replace(
    /("floppy": \{\s+"size": \d+,\s+"sha256": ")[0-9a-f]{64}/,
    `$1${'0'.repeat(64)}`,
  );
  await writeFile(join(project, 'images.lock'), lock);
  const { failure } = await failureOf(build());
  expect(failure).toMatchObject({ kind: 'infrastructure', code: 'image-not-reproduced' });
  expect(failure.expected).toContain('part floppy');
  expect(failure.expected).not.toContain('part cdrom');
});

test('several builds of one image at once do the work once and leave nothing beside it', async () => {
  await offer('2.1');
  await Promise.all([build(), build(), build()]);
  const log = await readFile(join(archive, 'log'), 'utf8');
  expect(log.split('\n').filter((line) => line.startsWith('-q download'))).toHaveLength(1);
  const left = (await readdir(join(folder, 'cache', 'images'))).filter((name) => name.startsWith('.'));
  expect(left).toEqual([]);
});

/** A recipe of the test's own, one part of which is a file. */
function recipeOfFile(build: (context: BuildContext) => Promise<string>): Recipe {
  return {
    name: 'of-a-file',
    description: 'a test',
    revision: 1,
    packages: [{ name: 'grub-rescue-pc' }],
    parts: { cdrom: { kind: 'cdrom', description: 'a file' }, floppy: { kind: 'floppy', description: 'bytes' } },
    async build(context) {
      return { cdrom: { file: await build(context) }, floppy: Buffer.from('bytes') };
    },
  };
}

test('a part may be a file of the build, which is moved into the cache and pinned like any other', async () => {
  await offer('2.1');
  let made = 0;
  const recipe = recipeOfFile(async ({ scratch, packages, unpacked }) => {
    expect(packages.map(({ name }) => name)).toEqual(['grub-rescue-pc']);
    const path = join(scratch, 'big');
    const from = join(await unpacked('grub-rescue-pc'), 'usr/lib/grub-rescue/grub-rescue-cdrom.iso');
    await writeFile(path, `${await readFile(from, 'utf8')}, rewritten`);
    made = (await stat(path)).ino;
    return path;
  });
  const entry = await buildFromRecipe(recipe, { projectRoot: project });
  const [path = ''] = await imagePath('of-a-file:cdrom', { projectRoot: project });
  expect(await readFile(path, 'utf8')).toBe('cdrom 2.1, rewritten');
  expect((await stat(path)).ino).toBe(made);
  expect(entry.parts['cdrom']?.size).toBe(20);
  await rm(join(folder, 'cache', 'images'), { recursive: true });
  expect(await buildFromRecipe(recipe, { projectRoot: project })).toEqual(entry);
  expect(await readdir(join(folder, 'cache', 'images'))).toEqual(['of-a-file']);
});

test('a build that fails leaves nothing in the cache', async () => {
  await offer('2.1');
  const recipe = recipeOfFile(async ({ scratch }) => {
    await writeFile(join(scratch, 'half'), 'half');
    throw new Error('in the middle');
  });
  await expect(buildFromRecipe(recipe, { projectRoot: project })).rejects.toThrow('in the middle');
  expect(await readdir(join(folder, 'cache', 'images'))).toEqual([]);
  expect(await readdir(project)).toEqual(['package.json']);
});

test('a lock that a killed process left behind does not stop a build', async () => {
  await offer('2.1');
  const dead = run('true');
  const pid = dead.child.pid ?? 0;
  await dead;
  const images = join(folder, 'cache', 'images');
  await mkdir(join(images, `.scratch-${pid}-x`), { recursive: true });
  const { hostname } = await import('node:os');
  await symlink(JSON.stringify({ pid, host: hostname(), token: 'x', mark: null }), join(images, '.grub-rescue.lock'));
  await build();
  expect((await readdir(images)).sort()).toEqual(['grub-rescue']);
});

test('an archive without the package, and a host without apt-get, are told apart', async () => {
  const missing = await failureOf(build());
  expect(missing.failure).toMatchObject({ kind: 'infrastructure', code: 'package-missing' });
  expect(missing.message).toContain('grub-rescue-pc was not found');
  vi.stubEnv('PATH', join(folder, 'nothing'));
  const { failure } = await failureOf(build());
  expect(failure).toMatchObject({ kind: 'infrastructure', code: 'tool-missing' });
  expect(failure.next).toContain('images import');
});

test('a lock that is no lock is named with the field that is wrong', async () => {
  await writeFile(join(project, 'images.lock'), '{"version": 1, "images": {"x1": {"source": "elsewhere"}}}');
  const { failure, message } = await failureOf(build());
  expect(failure).toMatchObject({ kind: 'usage', code: 'lock-invalid' });
  expect(message).toContain(join(project, 'images.lock'));
  expect(failure.seen).toContain('images.x1');
});

test('an exported image is imported elsewhere without an archive, if the lock knows its bytes', async () => {
  await offer('2.1');
  await build();
  const file = join(folder, 'grub.image');
  await exportImage('grub-rescue', file, { projectRoot: project });
  vi.stubEnv('GUESTWRIGHT_CACHE', join(folder, 'elsewhere'));
  await rm(join(folder, 'bin', 'apt-get'));
  await importImage('grub-rescue', file, { projectRoot: project });
  expect(await floppy()).toBe('floppy 2.1');
  const again = await failureOf(exportImage('grub-rescue', file, { projectRoot: project }));
  expect(again.failure).toMatchObject({ kind: 'usage', code: 'file-exists' });
});

test('an exported image whose bytes no lock knows needs a digest or --accept', async () => {
  await offer('2.1');
  await build();
  const file = join(folder, 'grub.image');
  await exportImage('grub-rescue', file, { projectRoot: project });
  const other = join(folder, 'other');
  await mkdir(other);
  await writeFile(join(other, 'package.json'), '{}');
  vi.stubEnv('GUESTWRIGHT_CACHE', join(folder, 'elsewhere'));
  const { failure } = await failureOf(importImage('grub-rescue', file, { projectRoot: other }));
  expect(failure).toMatchObject({ kind: 'usage', code: 'digest-needed' });
  await importImage('grub-rescue', file, { projectRoot: other, accept: true });
  const listed = (await listImages({ projectRoot: other })).find(({ name }) => name === 'grub-rescue');
  expect(listed).toMatchObject({ cached: true, locked: true, packages: ['grub-rescue-pc 2.1'] });
});

test('two that use the package archive at once do not see each other reading its list', async () => {
  await offer('1.0');
  const cache = join(folder, 'cache');
  const newest = async (delay: number) => {
    await new Promise((resolve) => setTimeout(resolve, delay));
    return await new DebianArchive(cache, 'i386', () => undefined).newest([{ name: 'grub-rescue-pc' }]);
  };
  const [one, two] = await Promise.all([newest(0), newest(100)]);
  expect(one.map(({ version }) => version)).toEqual(['1.0']);
  expect(two).toEqual(one);
});

test('what a process that was killed left of a download is swept away', async () => {
  await offer('1.0');
  const packages = join(folder, 'cache', 'packages');
  const { pid } = run('true').child;
  await run('true');
  await mkdir(join(packages, `.${pid ?? 0}-0b8a6a2e-left-behind`), { recursive: true });
  await buildImage('grub-rescue', { projectRoot: project, accept: true });
  expect((await readdir(packages)).filter((name) => name.startsWith('.'))).toEqual([]);
});
