/**
 * Writes a disk again in another format, or in the same without its history. The source is only read. VHD and raw are ours;
 * the others are `qemu-img`'s, which is given a raw image where the source is a VHD that it does not read rightly.
 */
import { rm } from 'node:fs/promises';
import { GuestwrightError } from '../errors.js';
import type { Blocks } from '../engines/blocks.js';
import { diskChain, type ChainOptions } from './chain.js';
import { openDisk } from './open-disk.js';
import { copyDisk, type DiskProgress } from './copy-disk.js';
import { diskArgument, DRIVERS, qemuImg } from './qemu-img.js';
import { RawBlocks } from './raw-blocks.js';
import { recogniseDisk, type DiskFormat, type Recognised } from './recognise.js';
import { FileStorage } from './storage.js';
import { targetOptions, type DiskShape } from './shape.js';
import { createVhd, openVhd } from './vhd/index.js';
import { writeBeside } from './write-beside.js';

export interface ConvertOptions extends ChainOptions, DiskShape {
  /** Replaces what is there. */
  force?: boolean | undefined;
  /** Ends it; nothing is left of the target. */
  signal?: AbortSignal | undefined;
  onProgress?: DiskProgress | undefined;
}

/**
 * @returns the target
 * @throws GuestwrightError as `diskChain` and `writeBeside`, and `infrastructure/tool-missing`, `.../tool-failed`; what the
 *   signal was aborted with
 */
export async function convertDisk(source: string, target: string, options: ConvertOptions): Promise<Recognised> {
  const links = diskChain(source, options);
  await writeBeside(target, options, async (path) => {
    await writeDisk(links, path, options);
    const written = recogniseDisk(path);
    if (written.size !== links[0].size || written.format !== options.format) throw otherDisk(links[0], written);
  });
  return recogniseDisk(target);
}

/** Writes a disk to a file that is not there yet, which is the caller's to remove when this fails. */
export async function writeDisk(
  links: readonly [Recognised, ...Recognised[]],
  path: string,
  { signal, onProgress, ...shape }: DiskShape & Pick<ConvertOptions, 'signal' | 'onProgress'>,
): Promise<void> {
  const way = wayOf(links, shape.format);
  switch (way) {
    case 'copy':
      await byCopy(links, path, shape, { signal, onProgress });
      return;
    case 'tool':
      await byTool(links, path, shape, { signal, onProgress });
      return;
    case 'raw-between': {
      const raw = await toRaw(links, `${path}.raw`, { signal, onProgress: half(onProgress, 0) });
      await writeDisk(raw, path, { ...shape, signal, onProgress: half(onProgress, 1) });
      await rm(raw[0].path);
    }
  }
}

/** By our own code, by `qemu-img`, or by one after the other. */
function wayOf(links: readonly [Recognised, ...Recognised[]], target: DiskFormat): 'copy' | 'tool' | 'raw-between' {
  const [top] = links;
  const toOurs = isOurs(target);
  if (isOurs(top.format)) {
    const plain = top.format === 'raw' || (top.format === 'vhd' && top.vhd.type === 'fixed');
    return toOurs ? 'copy' : plain ? 'tool' : 'raw-between';
  }
  return target === 'vhd' ? 'raw-between' : 'tool';
}

function isOurs(format: DiskFormat): boolean {
  return format === 'raw' || format === 'vhd';
}

async function byCopy(
  links: readonly [Recognised, ...Recognised[]],
  path: string,
  shape: DiskShape,
  { signal, onProgress }: Pick<ConvertOptions, 'signal' | 'onProgress'>,
): Promise<void> {
  const from = openDisk(links);
  try {
    const to = newDisk(path, links[0].size, shape);
    try {
      await copyDisk(from, to, { signal, onProgress });
      to.flush();
    } finally {
      to.close?.();
    }
  } finally {
    from.close?.();
  }
}

/** The disk as a raw image, in a file that is not there yet. */
export async function toRaw(
  links: readonly [Recognised, ...Recognised[]],
  path: string,
  options: Pick<ConvertOptions, 'signal' | 'onProgress'> = {},
): Promise<[Recognised]> {
  await writeDisk(links, path, { ...options, format: 'raw' });
  return [{ path, size: links[0].size, fileBytes: links[0].size, format: 'raw' }];
}

async function byTool(
  links: readonly [Recognised, ...Recognised[]],
  path: string,
  shape: DiskShape,
  { signal, onProgress }: Pick<ConvertOptions, 'signal' | 'onProgress'>,
): Promise<void> {
  const [{ size }] = links;
  const options = targetOptions(shape);
  await qemuImg(
    [
      ...['convert', '-p', '-O', DRIVERS[shape.format]],
      ...(options === '' ? [] : ['-o', options]),
      diskArgument(links),
      path,
    ],
    `write a ${shape.format} image`,
    { signal, onPercent: (percent) => onProgress?.(Math.round((size * percent) / 100), size) },
  );
}

/** An empty disk of one of our formats. */
function newDisk(path: string, size: number, { type, blockSize, format }: DiskShape): Blocks {
  const storage = new FileStorage(path, 'new');
  try {
    if (format === 'raw') {
      storage.truncate(size);
      return new RawBlocks(storage);
    }
    createVhd(storage, { type: type ?? 'dynamic', size, ...(blockSize === undefined ? {} : { blockSize }) });
    return openVhd(storage, { writable: true });
  } catch (error) {
    storage.close();
    throw error;
  }
}

/** The progress of one of two equal parts of the work. */
function half(onProgress: DiskProgress | undefined, part: 0 | 1): DiskProgress | undefined {
  return onProgress === undefined ? undefined : (done, all) => onProgress(Math.floor((part * all + done) / 2), all);
}

function otherDisk(source: Recognised, written: Recognised): GuestwrightError {
  const words = ({ size, format }: Recognised): string => `a disk of ${size} bytes (${format})`;
  return new GuestwrightError('What was written is not the disk that was read; it was not kept', {
    kind: 'infrastructure',
    code: 'disk-size-changed',
    expected: words(source),
    seen: words(written),
    next: 'convert it to another format, or report this with the size of the disk',
  });
}
