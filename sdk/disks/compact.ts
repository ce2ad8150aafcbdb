/** Writes an image anew without the room that zeros take. */
import { GuestwrightError } from '../errors.js';
import { diskChain, type ChainOptions } from './chain.js';
import { toRaw, writeDisk, type ConvertOptions } from './convert.js';
import { copyDisk, copyOptions } from './copy-disk.js';
import { unsupportedHere } from './disk-errors.js';
import { withoutFreeSpace } from './free-space/index.js';
import { diskInfo } from './info.js';
import { openVhdFiles } from './open-disk.js';
import { RawBlocks } from './raw-blocks.js';
import type { Recognised } from './recognise.js';
import { FileStorage } from './storage.js';
import { compactVhd, createVhd, openVhd } from './vhd/index.js';
import { writeBeside } from './write-beside.js';

export interface CompactOptions extends ChainOptions, Pick<ConvertOptions, 'signal' | 'onProgress'> {
  /** Also what the file systems on it do not use. */
  freeSpace?: boolean | undefined;
}

export interface Compacted {
  /** Bytes on the host's disk. */
  before: number;
  after: number;
  /** With `freeSpace`, in words: parts of the disk of which it could not be told. */
  left: readonly string[];
}

/**
 * @throws GuestwrightError `usage/disk-unsupported` for overlays in qcow2, and for images with snapshots in them;
 *   `usage/free-space-unknown`; as `diskChain` and `writeBeside`
 */
export async function compactDisk(path: string, options: CompactOptions = {}): Promise<Compacted> {
  const links = diskChain(path, options);
  const [disk] = links;
  const before = diskInfo(disk.path).hostBytes;
  const left = await writeBeside(disk.path, { force: true }, async (beside) => await rewritten(links, beside, options));
  return { before, after: diskInfo(disk.path).hostBytes, left };
}

/** @returns what was left */
async function rewritten(
  links: readonly [Recognised, ...Recognised[]],
  beside: string,
  options: CompactOptions,
): Promise<readonly string[]> {
  const [disk] = links;
  switch (disk.format) {
    case 'raw':
      return await copied(disk, beside, options);
    case 'vhd':
      return disk.vhd.type === 'fixed'
        ? await copied(disk, beside, options)
        : await compactedVhd(links, beside, options);
    case 'qcow2':
      if (links.length > 1) throw unsupportedHere('compacted as an overlay', 'qcow2', 'merge it, or convert it');
      if (disk.header.internalSnapshots > 0) throw snapshotsInIt(disk.path);
      break;
    case 'vhdx':
    case 'vmdk':
  }
  const { signal, onProgress, freeSpace = false } = options;
  const { format } = disk;
  if (!freeSpace) {
    await writeDisk(links, beside, { format, signal, onProgress });
    return [];
  }
  const [whole] = await toRaw(links, `${beside}.whole`, { signal });
  const left = await copied(whole, `${beside}.raw`, { signal, onProgress, freeSpace }, disk.path);
  await writeDisk([{ ...whole, path: `${beside}.raw` }], beside, { format, signal });
  return left;
}

/** The file as it is, a VHD's footer included; what is zeros is left out of the copy. */
async function copied(
  { path, size }: Recognised,
  target: string,
  { signal, onProgress, freeSpace = false }: CompactOptions,
  image = path,
): Promise<readonly string[]> {
  const file = new RawBlocks(new FileStorage(path));
  try {
    const { blocks, left } = freeSpace ? withoutFreeSpace(file, size, image) : { blocks: file, left: [] };
    const storage = new FileStorage(target, 'new');
    try {
      storage.truncate(file.size);
      await copyDisk(blocks, new RawBlocks(storage), { signal, onProgress });
      storage.flush();
    } finally {
      storage.close();
    }
    return left;
  } finally {
    file.close();
  }
}

async function compactedVhd(
  links: readonly [Recognised, ...Recognised[]],
  path: string,
  { freeSpace = false, signal, onProgress }: CompactOptions,
): Promise<readonly string[]> {
  const disk = openVhdFiles(links.map((link) => link.path));
  try {
    const storage = new FileStorage(path, 'new');
    try {
      if (!freeSpace) {
        await compactVhd(disk, storage, copyOptions({ signal, onProgress }));
        return [];
      }
      // Zeros over what the parent has would have to be kept, and then nothing is gained.
      if (links.length > 1) throw unsupportedHere('freed of free space as an overlay', 'vhd', 'merge it first');
      const { id, created, size, info } = disk;
      const blockSize = info.blocks?.size;
      createVhd(storage, { type: 'dynamic', size, id, created, ...(blockSize === undefined ? {} : { blockSize }) });
      const { blocks, left } = withoutFreeSpace(disk, size, links[0].path);
      const target = openVhd(storage, { writable: true });
      await copyDisk(blocks, target, { signal, onProgress });
      target.flush();
      return left;
    } finally {
      storage.close();
    }
  } finally {
    disk.close();
  }
}

function snapshotsInIt(path: string): GuestwrightError {
  return new GuestwrightError(`${path} has snapshots in it, which would be lost`, {
    kind: 'usage',
    code: 'disk-unsupported',
    expected: 'a qcow2 image without snapshots in it',
    seen: 'some: qemu-img snapshot -l shows them',
    next: 'remove them (qemu-img snapshot -d), or convert the image, which leaves them behind',
  });
}
