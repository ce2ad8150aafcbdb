/** Makes a disk larger, or smaller where nothing is lost. */
import { GuestwrightError } from '../errors.js';
import type { Blocks } from '../engines/blocks.js';
import { childrenOf, diskChain } from './chain.js';
import { checkSize } from './create.js';
import { toRaw, writeDisk, type ConvertOptions } from './convert.js';
import { unsupportedHere } from './disk-errors.js';
import { openDisk } from './open-disk.js';
import { hasChildren } from './overlay.js';
import { diskArgument, diskNode, qemuImg } from './qemu-img.js';
import { recogniseDisk, type Recognised } from './recognise.js';
import { FileStorage } from './storage.js';
import { isZero, resizeVhd } from './vhd/index.js';
import { writeBeside } from './write-beside.js';

export interface ResizeDiskOptions extends Pick<ConvertOptions, 'signal' | 'onProgress'> {
  /** Bytes, whole sectors. */
  size: number;
  /** It may become smaller, if what is cut off is zeros. */
  shrink?: boolean | undefined;
  /** Also where other images in its folder lie on it, which then no longer fit. */
  breakChildren?: boolean | undefined;
}

/**
 * The partitions and file systems in it stay as they are: the guest sees a larger disk, and makes use of it or not.
 * @throws GuestwrightError `usage/disk-size`, `usage/disk-would-lose-data`, `usage/disk-has-children`,
 *   `usage/disk-unsupported`, `infrastructure/...`
 */
export async function resizeDisk(path: string, options: ResizeDiskOptions): Promise<Recognised> {
  const { size, shrink = false, breakChildren = false, signal } = options;
  checkSize(size);
  const links = diskChain(path);
  const [disk] = links;
  if (size === disk.size) return disk;
  if (links.length > 1) throw unsupportedHere('resized as an overlay', disk.format, 'merge it first, or convert it');
  const children = breakChildren ? [] : childrenOf(disk.path, { except: disk.path });
  if (children.length > 0) throw hasChildren(disk.path, children);
  if (size < disk.size) {
    if (!shrink) throw wouldShrink(disk, size);
    await checkZeros(links, size, signal);
  }
  switch (disk.format) {
    case 'raw':
    case 'vhd':
      resizeOurs(disk, size);
      break;
    case 'qcow2': {
      const args = ['resize', '-q', ...(size < disk.size ? ['--shrink'] : []), diskArgument(links), String(size)];
      await qemuImg(args, `resize ${path}`, { signal });
      break;
    }
    case 'vhdx':
    case 'vmdk':
      await rewritten(links, options);
  }
  return recogniseDisk(path);
}

function resizeOurs(disk: Recognised, size: number): void {
  const storage = new FileStorage(disk.path, 'write');
  try {
    if (disk.format === 'raw') storage.truncate(size);
    else resizeVhd(storage, size);
    storage.flush();
  } finally {
    storage.close();
  }
}

/** QEMU does not change the size of these in place. */
async function rewritten(
  links: readonly [Recognised, ...Recognised[]],
  { size, signal, onProgress }: ResizeDiskOptions,
): Promise<void> {
  const [{ path, format }] = links;
  await writeBeside(path, { force: true }, async (beside) => {
    const raw = `${beside}.raw`;
    await toRaw(links, raw, { signal });
    const storage = new FileStorage(raw, 'write');
    try {
      storage.truncate(size);
    } finally {
      storage.close();
    }
    await writeDisk([recogniseDisk(raw)], beside, { format, signal, onProgress });
  });
}

async function checkZeros(
  links: readonly [Recognised, ...Recognised[]],
  size: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const [disk] = links;
  const cut = disk.size - size;
  if (disk.format === 'raw' || disk.format === 'vhd') {
    const blocks = openDisk(links);
    try {
      if (!isZeroFrom(blocks, size)) throw wouldLose(disk, size);
    } finally {
      blocks.close?.();
    }
    return;
  }
  const tail = { driver: 'raw', offset: size, size: cut, file: diskNode(links) };
  const zeros = { driver: 'null-co', size: cut, 'read-zeroes': true };
  const args = ['compare', '-q', `json:${JSON.stringify(tail)}`, `json:${JSON.stringify(zeros)}`];
  const { exitCode } = await qemuImg(args, `look at the end of ${disk.path}`, { signal, answers: [1] });
  if (exitCode !== 0) throw wouldLose(disk, size);
}

const PIECE = 1 << 20;

function isZeroFrom(blocks: Blocks, from: number): boolean {
  for (let at = from; at < blocks.size; at += PIECE) {
    if (!isZero(blocks.read(at, Math.min(PIECE, blocks.size - at)))) return false;
  }
  return true;
}

function wouldShrink(disk: Recognised, size: number): GuestwrightError {
  return new GuestwrightError(`${disk.path} would become smaller`, {
    kind: 'usage',
    code: 'disk-would-shrink',
    expected: `at least ${disk.size} bytes, or to be told that it may`,
    seen: `${size} bytes`,
    next: 'add --shrink: then it is done if what is cut off is zeros',
  });
}

function wouldLose(disk: Recognised, size: number): GuestwrightError {
  return new GuestwrightError(`${disk.path} has something beyond its new end`, {
    kind: 'usage',
    code: 'disk-would-lose-data',
    expected: `zeros from byte ${size} on`,
    seen: 'something else',
    next: 'make its partitions and file systems smaller first, in a guest. A GPT has a copy at the end of the disk, which has to be moved too.',
  });
}
