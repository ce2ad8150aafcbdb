/** Files that a user keeps appear whole or not at all, whatever ends their making. */
import { chmod, link, lstat, mkdtemp, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { GuestwrightError } from '../errors.js';
import { isMissing } from '../images/files.js';
import { isFull } from '../snapshots/failures.js';
import { targetExists } from './disk-errors.js';

/**
 * Has a file made in a folder of its own beside `target`, under its final name (some formats write their own name into
 * themselves); flushes it, then gives it its place.
 * @param make writes the file at the path that it is given; what else it leaves in that folder is removed
 * @throws GuestwrightError `usage/disk-exists` without `force`, `infrastructure/disk-full`; what `make` throws
 */
export async function writeBeside<T>(
  target: string,
  { force = false }: { force?: boolean | undefined },
  make: (path: string) => Promise<T>,
): Promise<T> {
  const path = resolve(target);
  const mode = await modeOf(path);
  if (!force && mode !== null) throw targetExists(target);
  const folder = await mkdtemp(join(dirname(path), `.${basename(path).slice(0, 100)}.part-`));
  const beside = join(folder, basename(path));
  try {
    const made = await make(beside);
    if (mode !== null) await chmod(beside, mode);
    await flushed(beside);
    await place(beside, path, force ? null : target);
    await flushed(dirname(path));
    return made;
  } catch (error) {
    throw isFull(error) ? diskFull(target, error) : error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param name null: what is there is replaced */
async function place(beside: string, path: string, name: string | null): Promise<void> {
  if (name === null) {
    await rename(beside, path);
    return;
  }
  try {
    // Unlike a rename, it replaces nothing that has come meanwhile.
    await link(beside, path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw targetExists(name);
    await rename(beside, path);
  }
}

/** Who may do what with a file that is replaced; null: there is none. */
async function modeOf(path: string): Promise<number | null> {
  try {
    return (await lstat(path)).mode & 0o777;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

async function flushed(path: string): Promise<void> {
  const file = await open(path);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function diskFull(target: string, cause: Error): GuestwrightError {
  return new GuestwrightError(
    `${target} could not be written: the disk is full`,
    {
      kind: 'infrastructure',
      code: 'disk-full',
      expected: `room for ${target}`,
      seen: cause.message,
      next: 'make room, or name a place on another disk; nothing of it was left',
    },
    { cause },
  );
}
