/** What is on a disk: its partitions, or the one file system that it is. */
import { partitionsDamaged } from './damaged.js';
import { recogniseFileSystem, type FileSystem, type Readable } from './file-systems.js';
import { readGpt } from './gpt.js';
import { mbrPartitions, PROTECTIVE, readMbrTable } from './mbr.js';

export interface Partition {
  /** As Linux numbers them; 0: there is no table, and this is the whole disk. */
  number: number;
  /** Bytes. */
  offset: number;
  size: number;
  table: 'mbr' | 'gpt' | 'none';
  /** What the table says of it, as it is written there; empty without a table. */
  type: string;
  /** GPT only. */
  name: string;
  fileSystem: FileSystem;
}

/**
 * @param image its name, for messages
 * @returns in the order of their numbers
 * @throws GuestwrightError `usage/partitions-damaged`
 */
export function readPartitions(disk: Readable, image: string): Partition[] {
  const whole = recogniseFileSystem(disk, 0, disk.size);
  // A hybrid CD has tables for machines that start from a stick; what is on it is its file system.
  if (whole === 'iso9660') return [wholeDisk(disk, whole)];
  const table = readMbrTable(disk);
  const isProtective = table?.some(({ type }) => type === PROTECTIVE) ?? false;
  if (whole !== 'unknown' && !isProtective && !isPlausible(disk, table)) return [wholeDisk(disk, whole)];
  const entries = readGpt(disk, { expected: isProtective, image });
  if (entries !== null) {
    return checked(
      entries.map((entry) => ({ ...entry, table: 'gpt', fileSystem: fileSystemOf(disk, entry) })),
      image,
    );
  }
  if (table === null) return [wholeDisk(disk, whole)];
  return checked(
    mbrPartitions(disk, table, image).map((entry) => ({
      ...entry,
      table: 'mbr',
      type: entry.type.toString(16).padStart(2, '0'),
      name: '',
      fileSystem: fileSystemOf(disk, entry),
    })),
    image,
  );
}

/** A file system's own first sector can look like a table: then its entries lie somewhere. */
function isPlausible(disk: Readable, table: ReturnType<typeof readMbrTable>): boolean {
  return (
    table?.every(
      ({ type, start, length }) => type === 0 || (start > 0 && length > 0 && (start + length) * 512 <= disk.size),
    ) ?? false
  );
}

function wholeDisk(disk: Readable, fileSystem: FileSystem): Partition {
  return { number: 0, offset: 0, size: disk.size, table: 'none', type: '', name: '', fileSystem };
}

function fileSystemOf(disk: Readable, { offset, size }: { offset: number; size: number }): FileSystem {
  return recogniseFileSystem(disk, offset, size);
}

function checked(partitions: Partition[], image: string): Partition[] {
  const ascending = [...partitions].sort((a, b) => a.offset - b.offset);
  for (const [index, partition] of ascending.entries()) {
    const before = ascending[index - 1];
    if (before !== undefined && before.offset + before.size > partition.offset) {
      const seen = `partitions ${before.number} and ${partition.number} overlap`;
      throw partitionsDamaged(image, 'every partition', seen);
    }
  }
  return partitions.sort((a, b) => a.number - b.number);
}
