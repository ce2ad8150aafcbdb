/** A disk as it would be if what its file systems do not use were zeros. */
import type { Blocks } from '../../engines/blocks.js';
import { GuestwrightError } from '../../errors.js';
import { textAt } from '../headers/head.js';
import { freeInExt } from './ext.js';
import { freeInFat } from './fat.js';
import { partsOf } from './parts.js';
import { partView, WithoutRanges, type FreeSpace, type Part } from './ranges.js';

export interface ClearedDisk {
  /** For reading. */
  blocks: Blocks;
  /** In words: parts that are as they were, and why. */
  left: string[];
}

/**
 * @param size bytes of the disk, from the start of `blocks`
 * @throws GuestwrightError `usage/free-space-unknown`: of none of its parts it can be told
 */
export function withoutFreeSpace(blocks: Blocks, size: number): ClearedDisk {
  const found = partsOf(blocks, size).map((part) => ({ part, free: freeIn(part) }));
  const ranges = found.flatMap(({ free }) => (free.kind === 'found' ? free.ranges : []));
  const left = found.flatMap(({ part, free }) => {
    const where = `what begins at byte ${part.start}`;
    if (free.kind === 'left') return [`${where} (${free.name}): ${free.why}`];
    return free.kind === 'other' ? [`${where}: ${otherName(part)}`] : [];
  });
  if (!found.some(({ free }) => free.kind === 'found')) throw unknown(left);
  return { blocks: new WithoutRanges(blocks, ranges), left };
}

function freeIn(part: Part): FreeSpace {
  const ext = freeInExt(part);
  return ext.kind === 'other' ? freeInFat(part) : ext;
}

function otherName(part: Part): string {
  const boot = partView(part, 3, 8);
  const isNtfs = boot !== null && textAt(boot, 0, 8) === 'NTFS    ';
  return isNtfs ? 'NTFS is not read: write zeros to its free space in the guest (sdelete -z)' : 'nothing that is known';
}

function unknown(left: readonly string[]): GuestwrightError {
  return new GuestwrightError('What is free on this disk cannot be told', {
    kind: 'usage',
    code: 'free-space-unknown',
    expected: 'ext2, ext3, ext4 or FAT, unmounted, on the whole disk or in partitions (MBR or GPT) that lie apart',
    seen: left.length === 0 ? 'partitions that lie over each other' : left.join('\n'),
    next: 'compact it without --free-space; or write zeros to the free space in the guest first',
  });
}
