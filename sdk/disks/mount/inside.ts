/**
 * Finds a file below a mounted folder as the guest would find it. The kernel of this host would follow a guest's link to
 * `/etc/shadow` to this host's own file; here `/` is the guest's.
 */
import { constants } from 'node:fs';
import { lstat, open, readlink, type FileHandle } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { GuestwrightError } from '../../errors.js';

/** As Linux has it. */
const MOST_LINKS = 40;

export interface Found {
  /** On this host; no part of it is a link. */
  path: string;
  /** In the guest. */
  inside: string;
  kind: 'file' | 'directory' | 'other' | 'missing';
}

/**
 * @param root the folder that is mounted
 * @param path in the guest, from its root
 * @returns `missing` only when the folder that it would be in is there
 * @throws GuestwrightError `usage/file-missing`, `usage/file-links`
 */
export async function findInside(root: string, path: string): Promise<Found> {
  const left = namesOf(path);
  const at: string[] = [];
  let links = 0;
  for (let name = left.shift(); name !== undefined; name = left.shift()) {
    if (name === '..') {
      at.pop();
      continue;
    }
    const here = join(root, ...at, name);
    const stats = await statOf(here);
    const inside = posix.join('/', ...at, name);
    if (stats === null) {
      if (left.length === 0) return { path: here, inside, kind: 'missing' };
      throw missingInside(inside);
    }
    if (stats.isSymbolicLink()) {
      if (++links > MOST_LINKS) throw tooManyLinks(path);
      const target = await readlink(here);
      if (target.startsWith('/')) at.length = 0;
      left.unshift(...namesOf(target));
      continue;
    }
    if (left.length > 0 && !stats.isDirectory()) throw missingInside(inside);
    at.push(name);
  }
  const here = join(root, ...at);
  const stats = await lstat(here);
  const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'other';
  return { path: here, inside: posix.join('/', ...at), kind };
}

/** @throws GuestwrightError `usage/file-missing`, `usage/file-kind` */
export async function openInside(root: string, path: string): Promise<FileHandle> {
  const found = await findInside(root, path);
  if (found.kind === 'missing') throw missingInside(found.inside);
  // To open a guest's named pipe would wait for ever.
  if (found.kind !== 'file') throw noFile(found.inside, found.kind);
  return await open(found.path, constants.O_RDONLY | constants.O_NOFOLLOW);
}

/** A new file beside the one that it will replace. */
export async function createBeside(path: string, suffix: string): Promise<{ file: FileHandle; path: string }> {
  const beside = join(dirname(path), `gw${suffix}.new`);
  return { file: await open(beside, 'wx', 0o644), path: beside };
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

async function statOf(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    // EINVAL: a name that the file system cannot have.
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOENT' || code === 'EINVAL') return null;
    throw error;
  }
}

export function missingInside(path: string): GuestwrightError {
  return new GuestwrightError(`There is no ${path} in the image`, {
    kind: 'usage',
    code: 'file-missing',
    expected: 'a file that is there',
    seen: 'no such file or folder',
    next: 'Look at its folder: `guestwright disk ls IMAGE:PARTITION/FOLDER`.',
  });
}

export function noFile(path: string, kind: string): GuestwrightError {
  return new GuestwrightError(`${path} is not a file`, {
    kind: 'usage',
    code: 'file-kind',
    expected: 'a regular file',
    seen: kind === 'directory' ? 'a folder' : 'a device, a socket or a named pipe',
    next: 'Name a file; for a whole folder mount the image (`guestwright disk mount`).',
  });
}

function tooManyLinks(path: string): GuestwrightError {
  return new GuestwrightError(`${path} leads in circles`, {
    kind: 'usage',
    code: 'file-links',
    expected: `at most ${MOST_LINKS} links on the way`,
    seen: 'more',
    next: 'Name the file that the links lead to.',
  });
}
