/** Ends a mount, and decides about what was written. */
import { existsSync, realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { emptyQcow2 } from '../qcow2.js';
import { commitOverlays } from './commit.js';
import { chooseEnd, commitUnfinished, diskBusy, imageChanged, mountBroken, notMounted, wordOpeners } from './errors.js';
import { identityOf } from './image.js';
import { whatDied, withLock } from './mount.js';
import { openersOf } from './processes.js';
import { allRecords, type Identity, type MountFolder, type MountRecord } from './record.js';
import { removeFolders, removeMount, stopDaemon, unmountFuse, waitForEnd } from './teardown.js';

export interface Unmounted {
  image: string;
  /** `unwritten`: there was nothing to decide about. */
  outcome: 'committed' | 'discarded' | 'unwritten';
  /** Bytes of the image that are different now. */
  written: number;
}

/**
 * @param what the image, or the folder that it was mounted at
 * @param how may be left out when nothing was written
 * @throws GuestwrightError `usage/disk-not-mounted`, `usage/unmount-how`, `usage/mount-busy`, `usage/image-changed`,
 *   `usage/disk-in-use`, `infrastructure/mount-broken`, `infrastructure/mount-stuck`: what was written is still kept then
 */
export async function unmountDisk(what: string, how?: 'commit' | 'discard'): Promise<Unmounted> {
  const { folder } = await findMount(what);
  return await withLock(folder, what, async () => {
    const record = await folder.read();
    if (record === null) throw notMounted(what);
    const end = decide(folder, record, how);
    switch (end) {
      case 'remove':
        await removeMount(folder, record);
        return { image: record.image, outcome: how === 'discard' ? 'discarded' : 'unwritten', written: 0 };
      case 'ask':
        throw chooseEnd(record);
      case 'close':
      case 'commit':
        return await finish(folder, record, end);
    }
  });
}

/** `remove`: without regard to what was written. */
function decide(
  folder: MountFolder,
  record: MountRecord,
  how: 'commit' | 'discard' | undefined,
): 'remove' | 'ask' | 'close' | 'commit' {
  if (record.state === 'committing') {
    // Part of it is in the image: there is no way back.
    if (how === 'commit') return 'commit';
    throw commitUnfinished(record);
  }
  if (record.state === 'opening') return 'remove';
  if (how === 'discard') return 'close';
  if (how === 'commit') return 'commit';
  if (record.writable && hasWritten(folder, record)) return 'ask';
  return whatDied(record).length > 0 ? 'remove' : 'close';
}

/** Whatever is written makes an overlay's file larger, though QEMU may not have noted where it is. */
function hasWritten(folder: MountFolder, { partitions }: MountRecord): boolean {
  return partitions.some(({ number, size }) => {
    const overlay = folder.overlay(number);
    return existsSync(overlay) && statSync(overlay).size > emptyQcow2(size).length;
  });
}

/** Unmounts in order, then commits or lets go of what was written. */
export async function finish(folder: MountFolder, record: MountRecord, how: 'close' | 'commit'): Promise<Unmounted> {
  const died = record.state === 'committing' ? [] : whatDied(record);
  if (how === 'commit') {
    if (died.length > 0) throw mountBroken(record, died.join('\n'));
    if (record.state !== 'committing') checkUnchanged(record);
  }
  const discards = how === 'close' && record.writable && hasWritten(folder, record);
  if (record.state !== 'committing') await close(folder, record);
  let written = 0;
  if (how === 'commit' && record.writable) {
    const others = openersOf(record.identity);
    if (others.length > 0) throw diskBusy(record.image, wordOpeners(others));
    if (record.state !== 'committing') checkUnchanged(record);
    record.state = 'committing';
    await folder.write(record);
    written = await commitOverlays(folder, record);
  }
  await removeFolders(record);
  await folder.remove();
  return {
    image: record.image,
    outcome: how === 'commit' ? 'committed' : discards ? 'discarded' : 'unwritten',
    written,
  };
}

/** May be repeated after it failed: what is closed stays so. */
async function close(folder: MountFolder, record: MountRecord): Promise<void> {
  record.state = 'closing';
  await folder.write(record);
  for (const partition of record.partitions.filter(({ closed }) => !closed)) {
    await unmountFuse(partition.at);
    if (partition.process !== null) await waitForEnd(partition.process, `The server of ${partition.fileSystem}`);
    partition.closed = true;
    await folder.write(record);
  }
  if (record.daemon !== null) {
    await stopDaemon(
      record.daemon,
      record.partitions.map(({ number }) => folder.exported(number)),
    );
    record.daemon = null;
    await folder.write(record);
  }
}

function checkUnchanged(record: MountRecord): void {
  const seen = changesOf(record);
  if (seen !== null) throw imageChanged(record, seen);
}

function changesOf({ image, identity }: MountRecord): string | null {
  if (!existsSync(image)) return 'it is not there any more';
  const now = identityOf(image);
  const differs = (Object.keys(identity) as (keyof Identity)[]).some((key) => now[key] !== identity[key]);
  return differs ? `it was written at ${statSync(image).mtime.toISOString()}` : null;
}

/** The mount of an image, or at a folder. @throws GuestwrightError `usage/disk-not-mounted` */
export async function findMount(what: string): Promise<{ folder: MountFolder; record: MountRecord }> {
  const paths = [resolve(what), realOr(what)];
  const found = (await allRecords()).find(
    ({ record: { image, at } }) => paths.includes(image) || (at !== null && paths.includes(at)),
  );
  if (found === undefined) throw notMounted(what);
  return found;
}

/** A folder whose server died cannot even be looked at. */
function realOr(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
