/** Single files of an image: listed, read and written without a mount that stays. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { lstat, open, readdir, readlink, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Writable } from 'node:stream';
import { GuestwrightError } from '../../errors.js';
import { findImage, partitionsOf } from './image.js';
import { createBeside, findInside, missingInside, noFile, openInside, type Found } from './inside.js';
import { choose, mounted, newRecord, openMount, withImage } from './mount.js';
import type { FileSystem } from '../partitions/file-systems.js';
import type { Partition } from '../partitions/partitions.js';
import { checkTools } from './servers.js';
import { removeMount } from './teardown.js';
import { finish } from './unmount.js';

/** `image.vhd:1/etc/hosts`, taken apart. */
export interface FilePlace {
  image: string;
  partition: number | undefined;
  /** From the file system's root; null: the image itself. */
  path: string | null;
}

/**
 * Of several ways to read it, the one whose image is there.
 * @param text `IMAGE`, `IMAGE:PARTITION`, `IMAGE:PARTITION/PATH` or `IMAGE:/PATH`
 */
export function parsePlace(text: string): FilePlace {
  const readings: FilePlace[] = [{ image: text, partition: undefined, path: null }];
  for (const match of text.matchAll(/:(\d{1,4})?(?=\/|$)/g)) {
    if (match[0] === ':' && match.index === text.length - 1) continue;
    const partition = match[1] === undefined ? undefined : Number(match[1]);
    const path = text.slice(match.index + match[0].length);
    readings.push({ image: text.slice(0, match.index), partition, path: path === '' ? '/' : path });
  }
  return (
    readings.find(({ image }) => existsSync(image)) ?? readings[1] ?? { image: text, partition: undefined, path: null }
  );
}

/** What is on the disk. @throws GuestwrightError as `mountDisk` */
export async function listPartitions(path: string): Promise<Partition[]> {
  const image = findImage(path);
  return await withImage(image, async (folder) => await partitionsOf(image, folder));
}

export interface ListedFile {
  name: string;
  kind: 'file' | 'directory' | 'link' | 'other';
  /** Bytes. */
  size: number;
  modified: string;
  /** Where a link leads, in the guest. */
  target?: string;
}

/** A folder's files by name, or the one file. @throws GuestwrightError as `mountDisk`, and `usage/file-missing` */
export async function listFiles(place: FilePlace): Promise<ListedFile[]> {
  return await inImage(place, 'read', async (root) => {
    const found = await findInside(root, place.path ?? '/');
    if (found.kind === 'missing') throw missingInside(found.inside);
    if (found.kind !== 'directory') return [await listed(found.path, basename(found.path))];
    const names = (await readdir(found.path)).sort();
    return await Promise.all(names.map(async (name) => await listed(join(found.path, name), name)));
  });
}

async function listed(path: string, name: string): Promise<ListedFile> {
  const stats = await lstat(path);
  const modified = stats.mtime.toISOString();
  const { size } = stats;
  if (stats.isSymbolicLink()) return { name, kind: 'link', size, modified, target: await readlink(path) };
  return { name, kind: stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'other', size, modified };
}

/** Writes a file's bytes to `output`, which stays open. */
export async function readFileOf(place: FilePlace, output: Writable): Promise<void> {
  await inImage(place, 'read', async (root) => {
    const file = await openInside(root, pathOf(place));
    await pipeline(file.createReadStream(), output, { end: false });
  });
}

/** Copies a file out; what is there under the name is replaced when all of it has come. @returns where it is */
export async function getFile(place: FilePlace, to: string): Promise<string> {
  return await inImage(place, 'read', async (root) => {
    const file = await openInside(root, pathOf(place));
    const isFolder = await stat(to).then(
      (stats) => stats.isDirectory(),
      () => false,
    );
    const target = isFolder ? join(to, basename(pathOf(place))) : to;
    const beside = `${target}.${process.pid}-${randomUUID()}.part`;
    try {
      const output = await open(beside, 'wx', 0o644);
      await pipeline(file.createReadStream(), output.createWriteStream({ flush: true }));
      await rename(beside, target);
    } catch (error) {
      await file.close();
      await rm(beside, { force: true });
      throw error;
    }
    return target;
  });
}

/**
 * Copies a file in; what is there under the name is replaced. The image has it whole, or is as it was: it is written to an
 * overlay, which is then committed.
 * @returns where it is in the guest
 */
export async function putFile(from: string, place: FilePlace): Promise<string> {
  if (place.path === null) throw noPlace(place);
  const source = await open(from, 'r').catch((error: unknown) => {
    throw noSource(from, error);
  });
  try {
    if (!(await source.stat()).isFile()) throw noSource(from, null);
    const { mode } = await source.stat();
    return await inImage(place, 'write', async (root, fileSystem) => {
      let found = await findInside(root, place.path ?? '/');
      if (found.kind === 'directory') found = await findInside(root, `${found.inside}/${basename(from)}`);
      if (found.kind === 'directory' || found.kind === 'other') throw noFile(found.inside, found.kind);
      const beside = await createBeside(found.path, randomUUID().slice(0, 6)).catch((error: unknown) => {
        throw notWritten(found.inside, error);
      });
      try {
        if (fileSystem.startsWith('ext')) await takeRights(beside.file, found, mode);
        await pipeline(source.createReadStream({ autoClose: false }), beside.file.createWriteStream({ flush: true }));
        await rename(beside.path, found.path);
      } catch (error) {
        throw notWritten(found.inside, error);
      }
      return found.inside;
    });
  } finally {
    await source.close();
  }
}

/** Rights and owner of the file that is replaced; a new file has this host's rights and belongs to who owns its folder. */
async function takeRights(file: FileHandle, { path, kind }: Found, mode: number): Promise<void> {
  const owner = await lstat(kind === 'file' ? path : dirname(path));
  await file.chown(owner.uid, owner.gid);
  await file.chmod((kind === 'file' ? owner.mode : mode) & 0o7777);
}

/** Mounts one partition where nobody else looks, works in it, and unmounts it; written is committed when `work` succeeded. */
async function inImage<T>(
  { image: path, partition }: FilePlace,
  access: 'read' | 'write',
  work: (root: string, fileSystem: FileSystem) => Promise<T>,
): Promise<T> {
  const image = findImage(path);
  return await withImage(image, async (folder) => {
    const { chosen } = choose(image, await partitionsOf(image, folder), partition);
    const [only] = chosen;
    if (only === undefined || chosen.length > 1) throw whichPartition(path, chosen);
    await checkTools([only.fileSystem]);
    const root = join(folder.path, 'root');
    const record = newRecord(image, { writable: access === 'write', at: null, madeFolder: false });
    record.partitions = [mounted(only, root, true)];
    await openMount(folder, record, image, [only]);
    let result: T;
    try {
      result = await work(root, only.fileSystem);
    } catch (error) {
      await removeMount(folder, record);
      throw error;
    }
    await finish(folder, record, access === 'write' ? 'commit' : 'close');
    return result;
  });
}

function pathOf(place: FilePlace): string {
  if (place.path === null || place.path === '/') throw noPlace(place);
  return place.path;
}

function noPlace({ image, path }: FilePlace): GuestwrightError {
  return new GuestwrightError('A file in the image is to be named', {
    kind: 'usage',
    code: 'file-place',
    expected: 'IMAGE:PARTITION/PATH, or IMAGE:/PATH where there is one file system only',
    seen: `${image}${path ?? ''}`,
    next: `For example ${image}:1/etc/hosts`,
  });
}

function whichPartition(image: string, all: readonly Partition[]): GuestwrightError {
  return new GuestwrightError(`There are several file systems in ${image}`, {
    kind: 'usage',
    code: 'partition-unclear',
    expected: 'the number of one',
    seen: all.map(({ number, fileSystem }) => `${number}: ${fileSystem}`).join('\n'),
    next: `For example ${image}:${all[0]?.number ?? 1}/`,
  });
}

function noSource(path: string, cause: unknown): GuestwrightError {
  return new GuestwrightError(
    `${path} cannot be read`,
    {
      kind: 'usage',
      code: 'file-missing',
      expected: 'a file of this host',
      seen: cause instanceof Error ? cause.message : 'it is no regular file',
      next: 'Check the path.',
    },
    { cause },
  );
}

function notWritten(path: string, cause: unknown): GuestwrightError {
  return new GuestwrightError(
    `${path} could not be written; the image is as it was`,
    {
      kind: 'usage',
      code: 'file-not-written',
      expected: 'a file system with room, that can be written and has names like this one',
      seen: cause instanceof Error ? cause.message : String(cause),
      next: 'Check the free space in it, and the name.',
    },
    { cause },
  );
}
