/** A disk image as a mount needs it: which file it is, what is on it, how QEMU reads it, and how it is written. */
import { realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Blocks } from '../../engines/blocks.js';
import { isMissing } from '../../images/files.js';
import { diskChain } from '../chain.js';
import { diskMissing } from '../disk-errors.js';
import { openDisk, openVhdFiles } from '../open-disk.js';
import { diskNode } from '../qemu-img.js';
import { RawBlocks } from '../raw-blocks.js';
import type { Recognised } from '../recognise.js';
import { FileStorage } from '../storage.js';
import { readPartitions, type Partition } from '../partitions/partitions.js';
import type { MountFolder, Identity } from './record.js';
import { startWhole, WHOLE } from './storage-daemon.js';
import { stopDaemon } from './teardown.js';

/** A block node as QEMU describes it. */
export type BlockNode = Readonly<Record<string, unknown>>;

export interface DiskImage {
  /** Absolute, without links. */
  path: string;
  identity: Identity;
  /** The image, then what lies below it. */
  links: readonly [Recognised, ...Recognised[]];
}

/** @throws GuestwrightError as `diskChain` */
export function findImage(path: string): DiskImage {
  const image = absolute(path);
  return { path: image, identity: identityOf(image), links: diskChain(image) };
}

/** @throws GuestwrightError `usage/file-missing` */
export function absolute(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (isMissing(error)) throw diskMissing(path, 'no such file');
    throw error;
  }
}

export function identityOf(path: string): Identity {
  const { dev, ino, size, mtimeNs } = statSync(path, { bigint: true });
  return { dev: Number(dev), ino: Number(ino), size: Number(size), mtimeNs: String(mtimeNs) };
}

/** What is on the disk. @throws GuestwrightError `usage/partitions-damaged` */
export async function partitionsOf(image: DiskImage, folder: MountFolder): Promise<Partition[]> {
  const disk = await openBlocks(image, folder, 'read');
  try {
    return readPartitions(disk, image.path);
  } finally {
    await disk.end();
  }
}

/** A disk's bytes; everything written is on the host's disk when `flush` returns. */
export type EndableBlocks = Blocks & { end(): Promise<void> };

/** Raw images and VHDs by our own code, everything else through QEMU's storage daemon. */
export async function openBlocks(
  image: DiskImage,
  folder: MountFolder,
  access: 'read' | 'write',
): Promise<EndableBlocks> {
  const [{ format, size }] = image.links;
  if (format === 'raw' || format === 'vhd') {
    const writable = access === 'write';
    const blocks =
      format === 'raw'
        ? new RawBlocks(new FileStorage(image.path, access))
        : openVhdFiles(
            image.links.map(({ path }) => path),
            { writable },
          );
    return {
      size: blocks.size,
      read: (offset, length) => blocks.read(offset, length),
      write: (offset, data) => blocks.write(offset, data),
      flush: () => blocks.flush(),
      end: async () => blocks.close(),
    };
  }
  const daemon = await startWhole(folder, diskNode(image.links), access === 'write');
  const storage = new FileStorage(folder.exported(WHOLE), access);
  return {
    size,
    read: (offset, length) => storage.read(offset, length),
    write: (offset, data) => storage.write(offset, data),
    flush: () => storage.flush(),
    async end() {
      storage.close();
      await stopDaemon(daemon, [folder.exported(WHOLE)]);
    },
  };
}

/** How much is copied at once, bytes. */
const CHUNK = 1 << 20;

/**
 * How QEMU is to read a disk without ever reading it wrongly. A dynamic VHD only if what is mounted lies within the size that
 * QEMU may take it for (by its geometry); of a differencing one QEMU reads the parent's data as zeros, so that a copy of the
 * partitions is made, by our own reader, in a sparse file.
 */
export function nodeOf(image: DiskImage, folder: MountFolder, partitions: readonly Partition[]): BlockNode {
  const [top] = image.links;
  if (top.format !== 'vhd' || top.vhd.type === 'fixed') return diskNode(image.links);
  const { cylinders, heads, sectors } = top.vhd.geometry;
  const smallest = cylinders * heads * sectors * 512;
  const fits = partitions.every(({ offset, size }) => offset + size <= smallest);
  if (top.vhd.type === 'dynamic' && fits) {
    return { driver: 'vpc', file: { driver: 'file', filename: image.path } };
  }
  const flat = join(folder.path, 'base.raw');
  copyPartitions(image, flat, partitions);
  return { driver: 'raw', file: { driver: 'file', filename: flat } };
}

function copyPartitions(image: DiskImage, to: string, partitions: readonly Partition[]): void {
  const disk = openDisk(image.links);
  const file = new FileStorage(to, 'new');
  try {
    file.truncate(disk.size);
    for (const { offset, size } of partitions) {
      for (let at = offset; at < offset + size; at += CHUNK) {
        const bytes = disk.read(at, Math.min(CHUNK, offset + size - at));
        if (bytes.some((byte) => byte !== 0)) file.write(at, bytes);
      }
    }
  } finally {
    file.close();
    disk.close?.();
  }
}
