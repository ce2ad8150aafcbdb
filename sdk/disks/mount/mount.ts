/** Mounts the file systems of a disk image, without root and without kernel modules, over overlays that keep what is written. */
import { mkdir, readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isMissing } from '../../images/files.js';
import { tryLock } from '../../lock.js';
import {
  alreadyMounted,
  commitUnfinished,
  diskBusy,
  folderNotFree,
  noSuchPartition,
  nothingToMount,
  wordOpeners,
} from './errors.js';
import { findImage, nodeOf, partitionsOf, type DiskImage } from './image.js';
import type { Partition } from '../partitions/partitions.js';
import { isAlive, openersOf } from './processes.js';
import { keyOf, MountFolder, type MountedPartition, type MountRecord } from './record.js';
import { canMount, checkTools, startServer } from './servers.js';
import { startDaemon } from './storage-daemon.js';
import { removeMount } from './teardown.js';

export interface MountOptions {
  /** The folder to mount at: an empty one, or one that is made. */
  at: string;
  /** Its number; default: all that can be mounted. */
  partition?: number | undefined;
  /** Default: what is written goes into overlays, until it is committed or discarded. */
  readOnly?: boolean | undefined;
}

export interface Mounted {
  image: string;
  readOnly: boolean;
  partitions: { number: number; fileSystem: string; at: string }[];
  /** What is on the disk and was left out, in words. */
  skipped: string[];
}

/**
 * The mount outlives this process; {@link unmountDisk} ends it.
 * @throws GuestwrightError `usage/disk-mounted`, `-in-use`, `usage/commit-unfinished`, `usage/folder-not-free`,
 *   `usage/partition-missing`, `usage/file-system-unsupported`, `infrastructure/tool-missing`, `/fuse-missing`,
 *   `/mount-failed`, and what reading the image throws; nothing is left running or mounted then
 */
export async function mountDisk(path: string, { at, partition, readOnly = false }: MountOptions): Promise<Mounted> {
  const image = findImage(path);
  return await withImage(image, async (folder) => {
    const place = await freeFolder(at);
    const all = await partitionsOf(image, folder);
    const { chosen, skipped } = choose(image, all, partition);
    await checkTools(chosen.map(({ fileSystem }) => fileSystem));
    const alone = partition !== undefined || chosen.length === 1;
    const record = newRecord(image, { writable: !readOnly, at: place.path, madeFolder: !place.isThere });
    record.partitions = chosen.map((one) =>
      mounted(one, alone ? place.path : join(place.path, String(one.number)), !alone),
    );
    await openMount(folder, record, image, chosen);
    const partitions = record.partitions.map(({ number, fileSystem, at: where }) => ({
      number,
      fileSystem,
      at: where,
    }));
    return { image: image.path, readOnly, partitions, skipped };
  });
}

/** Runs `work` with the only command on this image, which nothing is mounted of. @throws GuestwrightError as {@link mountDisk} */
export async function withImage<T>(image: DiskImage, work: (folder: MountFolder) => Promise<T>): Promise<T> {
  const folder = new MountFolder(keyOf(image.identity));
  return await withLock(folder, image.path, async () => {
    const record = await folder.read();
    if (record !== null) await clearAway(folder, record);
    const writers = openersOf(image.identity).filter(({ writes }) => writes);
    if (writers.length > 0) throw diskBusy(image.path, wordOpeners(writers));
    await mkdir(folder.path, { recursive: true, mode: 0o700 });
    try {
      return await work(folder);
    } finally {
      // What was only looked at needs no folder any more.
      if ((await folder.read()) === null) await folder.remove();
    }
  });
}

export async function withLock<T>(folder: MountFolder, image: string, work: () => Promise<T>): Promise<T> {
  const lock = await tryLock(folder.lock);
  if (typeof lock !== 'function') throw diskBusy(image, `another command (process ${lock.heldBy?.pid ?? 'unknown'})`);
  try {
    return await work();
  } finally {
    await lock();
  }
}

/** What a command left that died before it was done; whatever is somebody's stays. */
async function clearAway(folder: MountFolder, record: MountRecord): Promise<void> {
  if (record.state === 'committing') throw commitUnfinished(record);
  if (record.state !== 'opening' && record.at !== null) throw alreadyMounted(record);
  await removeMount(folder, record);
}

export function newRecord(
  { path, identity, links: [{ format }] }: DiskImage,
  rest: Pick<MountRecord, 'at' | 'madeFolder' | 'writable'>,
): MountRecord {
  const created = new Date().toISOString();
  return {
    version: 1,
    image: path,
    format,
    identity,
    created,
    ...rest,
    state: 'opening',
    daemon: null,
    partitions: [],
  };
}

export function mounted(
  { number, offset, size, fileSystem }: Partition,
  at: string,
  madeFolder: boolean,
): MountedPartition {
  return { number, offset, size, fileSystem, at, madeFolder, process: null, closed: false };
}

/** Starts everything that a record speaks of. What was started is ended when something fails. */
export async function openMount(
  folder: MountFolder,
  record: MountRecord,
  image: DiskImage,
  partitions: readonly Partition[],
): Promise<void> {
  await folder.write(record);
  try {
    if (record.at !== null) await mkdir(record.at, { recursive: true });
    const base = nodeOf(image, folder, partitions);
    record.daemon = await startDaemon({ folder, base, partitions, writable: record.writable });
    await folder.write(record);
    for (const [index, { fileSystem, number }] of partitions.entries()) {
      const entry = record.partitions[index];
      if (entry === undefined) continue;
      await mkdir(entry.at, { recursive: true });
      await startServer({
        fileSystem,
        file: folder.exported(number),
        at: entry.at,
        // A CD cannot be written.
        writable: record.writable && fileSystem !== 'iso9660',
        log: folder.log(number),
        runId: `mount-${folder.key}`,
        async onStart(note) {
          entry.process = note;
          await folder.write(record);
        },
      });
    }
    record.state = 'mounted';
    await folder.write(record);
  } catch (error) {
    await removeMount(folder, record);
    throw error;
  }
}

export function choose(
  image: DiskImage,
  all: readonly Partition[],
  wanted: number | undefined,
): { chosen: Partition[]; skipped: string[] } {
  const candidates = wanted === undefined ? all : all.filter(({ number }) => number === wanted);
  if (wanted !== undefined && candidates.length === 0) {
    const numbers = all.map(({ number }) => number).filter((number) => number !== 0);
    throw noSuchPartition(image.path, wanted, numbers);
  }
  const chosen = candidates.filter(({ fileSystem }) => canMount(fileSystem));
  const skipped = candidates.filter((one) => !chosen.includes(one)).map(wordPartition);
  if (chosen.length === 0) throw nothingToMount(image.path, skipped.join('\n') || 'no partitions');
  return { chosen, skipped };
}

export function wordPartition({ number, size, fileSystem }: Partition): string {
  const what = number === 0 ? 'the whole disk' : `partition ${number}`;
  return `${what}, ${(size / 1e6).toFixed(1)} MB: ${fileSystem === 'unknown' ? 'no file system that is known here' : fileSystem}`;
}

async function freeFolder(at: string): Promise<{ path: string; isThere: boolean }> {
  const path = resolve(at);
  try {
    const there = await readdir(path);
    if (there.length > 0) throw folderNotFree(at, 'it is not empty');
    return { path: await realpath(path), isThere: true };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOTDIR') throw folderNotFree(at, 'it is no folder');
    if (code === 'EACCES') throw folderNotFree(at, 'this user may not read it');
    if (code === 'ENOTCONN') throw folderNotFree(at, 'what was mounted there has died');
    if (!isMissing(error)) throw error;
  }
  try {
    return { path: join(await realpath(dirname(path)), basename(path)), isThere: false };
  } catch (error) {
    if (isMissing(error)) throw folderNotFree(at, 'its parent folder is not there');
    throw error;
  }
}

/** What of a mount has died, in words; empty: all of it runs. */
export function whatDied({ daemon, partitions }: MountRecord): string[] {
  return [
    ...(daemon !== null && !isAlive(daemon) ? [`QEMU’s storage daemon (process ${daemon.pid}) has died`] : []),
    ...partitions
      .filter(({ process: note, closed }) => !closed && note !== null && !isAlive(note))
      .map(({ fileSystem, process: note }) => `the server of ${fileSystem} (process ${note?.pid}) has died`),
  ];
}
