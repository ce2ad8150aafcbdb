/** Empty disks, and overlays: disks that hold only what differs from another. */
import { basename, dirname, resolve } from 'node:path';
import { GuestwrightError } from '../errors.js';
import { diskChain, isPlainName, type ChainOptions } from './chain.js';
import { sizeWrong, unsupportedHere } from './disk-errors.js';
import { MOST_DISK_BYTES } from './headers/problem.js';
import { DRIVERS, qemuImg } from './qemu-img.js';
import { recogniseDisk, type Recognised } from './recognise.js';
import { targetOptions, type DiskShape } from './shape.js';
import { FileStorage, type Storage } from './storage.js';
import { createVhd, readVhd } from './vhd/index.js';
import { writeBeside } from './write-beside.js';

export interface CreateDiskOptions extends DiskShape {
  /** Bytes, whole sectors. */
  size: number;
  force?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** @throws GuestwrightError `usage/disk-size`, `usage/disk-exists`, `usage/disk-type`, `infrastructure/...` */
export async function createDisk(
  target: string,
  { size, force, signal, ...shape }: CreateDiskOptions,
): Promise<Recognised> {
  checkSize(size);
  await writeBeside(target, { force }, async (path) => {
    if (shape.format === 'raw' || shape.format === 'vhd') {
      withNewFile(path, (storage) => makeEmpty(storage, size, shape));
      return;
    }
    const options = targetOptions(shape);
    const args = ['create', '-q', '-f', DRIVERS[shape.format], ...(options === '' ? [] : ['-o', options])];
    await qemuImg([...args, path, String(size)], `make a ${shape.format} image`, { signal });
    const made = recogniseDisk(path);
    if (made.size !== size) throw sizeWrong(size, `, of which ${shape.format} makes ${made.size}`);
  });
  return recogniseDisk(target);
}

function makeEmpty(storage: Storage, size: number, { format, type, blockSize }: DiskShape): void {
  if (format === 'raw') storage.truncate(size);
  else createVhd(storage, { type: type ?? 'dynamic', size, ...(blockSize === undefined ? {} : { blockSize }) });
}

export interface CreateOverlayOptions extends ChainOptions {
  force?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Makes a disk that reads as `parent` does until it is written to: a differencing VHD over a VHD, a qcow2 image over a qcow2
 * or raw image. Both are in one folder, so that the folder can be moved.
 * @throws GuestwrightError `usage/disk-parent-elsewhere`, `usage/disk-unsupported`, and as {@link createDisk}
 */
export async function createOverlay(
  target: string,
  parent: string,
  options: CreateOverlayOptions = {},
): Promise<Recognised> {
  const { force, signal } = options;
  const [base] = diskChain(parent, options);
  const name = basename(base.path);
  if (dirname(resolve(target)) !== dirname(base.path) || !isPlainName(name)) throw parentElsewhere(target, base.path);
  if (base.format === 'vhdx' || base.format === 'vmdk') {
    throw unsupportedHere('the base of an overlay', base.format, 'convert it to VHD or qcow2 first');
  }
  await writeBeside(target, { force }, async (path) => {
    if (base.format === 'vhd') {
      withNewFile(path, (storage) => makeDifferencing(storage, base.path, name));
      return;
    }
    // Not opened by it: what the base is has been looked at, and it is no neighbour of the image yet.
    const args = ['create', '-q', '-f', 'qcow2', '-u', '-b', name, '-F', DRIVERS[base.format], path, String(base.size)];
    await qemuImg(args, 'make an overlay', { signal });
  });
  return recogniseDisk(target);
}

function makeDifferencing(storage: Storage, parentPath: string, name: string): void {
  const parent = new FileStorage(parentPath);
  try {
    // Not when its file was changed last: then a copy of the folder would be refused.
    const { id, size, created } = readVhd(parent);
    createVhd(storage, { type: 'differencing', size, parent: { id, size, created, path: name } });
  } finally {
    parent.close();
  }
}

function withNewFile(path: string, write: (storage: Storage) => void): void {
  const storage = new FileStorage(path, 'new');
  try {
    write(storage);
    storage.flush();
  } finally {
    storage.close();
  }
}

export function checkSize(size: number): void {
  if (!Number.isSafeInteger(size) || size <= 0 || size % 512 !== 0 || size > MOST_DISK_BYTES) throw sizeWrong(size, '');
}

function parentElsewhere(target: string, parent: string): GuestwrightError {
  return new GuestwrightError('An overlay and what it lies on are in one folder', {
    kind: 'usage',
    code: 'disk-parent-elsewhere',
    expected: `an overlay in ${dirname(parent)}, and a parent whose name has no colon`,
    seen: `${resolve(target)} over ${parent}`,
    next: 'name an overlay beside its parent',
  });
}
