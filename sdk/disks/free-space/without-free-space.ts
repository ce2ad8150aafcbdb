/** A disk as it would be if what its file systems do not use were zeros. */
import type { Blocks } from '../../engines/blocks.js';
import { GuestwrightError } from '../../errors.js';
import type { FileSystem } from '../partitions/file-systems.js';
import { readPartitions } from '../partitions/partitions.js';
import { freeInExt } from './ext.js';
import { freeInFat } from './fat.js';
import { WithoutRanges, type FreeSpace, type Part } from './ranges.js';

export interface ClearedDisk {
  /** For reading. */
  blocks: Blocks;
  /** In words: parts that are as they were, and why. */
  left: string[];
}

/**
 * @param size bytes of the disk, from the start of `blocks`: a VHD's footer lies beyond
 * @param image its name, for messages
 * @throws GuestwrightError `usage/free-space-unknown`: of none of its parts it can be told; `usage/partitions-damaged`
 */
export function withoutFreeSpace(blocks: Blocks, size: number, image: string): ClearedDisk {
  const disk = { size, read: (offset: number, length: number) => blocks.read(offset, length) };
  const found = readPartitions(disk, image).map((partition) => {
    const part: Part = { blocks, start: partition.offset, size: partition.size };
    return { part, fileSystem: partition.fileSystem, free: freeIn(part) };
  });
  const ranges = found.flatMap(({ free }) => (free.kind === 'found' ? free.ranges : []));
  const left = found.flatMap(({ part, fileSystem, free }) => {
    const where = `what begins at byte ${part.start}`;
    if (free.kind === 'left') return [`${where} (${free.name}): ${free.why}`];
    return free.kind === 'other' ? [`${where}: ${otherName(fileSystem)}`] : [];
  });
  if (!found.some(({ free }) => free.kind === 'found')) throw unknown(left);
  return { blocks: new WithoutRanges(blocks, ranges), left };
}

function freeIn(part: Part): FreeSpace {
  const ext = freeInExt(part);
  return ext.kind === 'other' ? freeInFat(part) : ext;
}

function otherName(fileSystem: FileSystem): string {
  switch (fileSystem) {
    case 'ntfs':
      return 'NTFS is not read: write zeros to its free space in the guest (sdelete -z)';
    case 'unknown':
      return 'nothing that is known';
    default:
      return `${fileSystem} is not read: write zeros to its free space in the guest`;
  }
}

function unknown(left: readonly string[]): GuestwrightError {
  return new GuestwrightError('What is free on this disk cannot be told', {
    kind: 'usage',
    code: 'free-space-unknown',
    expected: 'ext2, ext3, ext4 or FAT, unmounted, on the whole disk or in partitions (MBR or GPT) that lie apart',
    seen: left.length === 0 ? 'no partition' : left.join('\n'),
    next: 'compact it without --free-space; or write zeros to the free space in the guest first',
  });
}
