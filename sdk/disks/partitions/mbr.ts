/** The table in a PC's first sector, with the chain of extended partitions. Everything in it is untrusted. */
import { partitionsDamaged } from './damaged.js';
import type { Readable } from './file-systems.js';

const SECTOR = 512;
const TABLE = 446;
const EXTENDED: readonly number[] = [0x05, 0x0f, 0x85];
/** What stands in a GPT disk's first sector. */
export const PROTECTIVE = 0xee;
/** Linux numbers no more. */
const MOST_LOGICAL = 124;

export interface MbrEntry {
  /** As Linux numbers them: 1 to 4, logical ones from 5. */
  number: number;
  /** Bytes. */
  offset: number;
  size: number;
  type: number;
}

interface RawEntry {
  status: number;
  type: number;
  /** Sectors. */
  start: number;
  length: number;
}

/** The four entries of the first sector; null: there is no table in it, as it is with a file system's own first sector. */
export function readMbrTable(disk: Readable): RawEntry[] | null {
  if (disk.size < SECTOR) return null;
  const entries = entriesOf(disk, 0);
  if (entries?.some(({ status }) => status !== 0 && status !== 0x80) !== false) return null;
  return entries.some(({ type }) => type !== 0) ? entries : null;
}

/** @throws GuestwrightError `usage/partitions-damaged` */
export function mbrPartitions(disk: Readable, table: readonly RawEntry[], image: string): MbrEntry[] {
  const found: MbrEntry[] = [];
  const extended: RawEntry[] = [];
  for (const [index, entry] of table.entries()) {
    if (entry.type === 0) continue;
    const partition = within(disk.size, entry, 0, index + 1, image);
    if (EXTENDED.includes(entry.type)) extended.push(entry);
    else found.push(partition);
  }
  if (extended.length > 1) throw partitionsDamaged(image, 'one extended partition', `${extended.length} of them`);
  const [container] = extended;
  if (container === undefined) return found;
  return [...found, ...logicalPartitions(disk, container, image)];
}

function logicalPartitions(disk: Readable, container: RawEntry, image: string): MbrEntry[] {
  const end = (container.start + container.length) * SECTOR;
  const found: MbrEntry[] = [];
  const visited = new Set<number>();
  for (let at = container.start; ;) {
    if (visited.has(at))
      throw partitionsDamaged(image, 'the chain of logical partitions', `it comes back to sector ${at}`);
    if (visited.size === MOST_LOGICAL)
      throw partitionsDamaged(image, 'the chain of logical partitions', 'it has no end');
    visited.add(at);
    const [partition, next] = (at * SECTOR + SECTOR <= end ? entriesOf(disk, at * SECTOR) : null) ?? [];
    if (partition === undefined || next === undefined) {
      // An extended partition that nothing was ever put into has no table.
      if (at === container.start) return found;
      throw partitionsDamaged(image, 'the chain of logical partitions', `no table at sector ${at}`);
    }
    if (partition.type !== 0) found.push(within(end, partition, at, 5 + found.length, image));
    if (next.type === 0 || next.start === 0) return found;
    at = container.start + next.start;
  }
}

function within(end: number, entry: RawEntry, base: number, number: number, image: string): MbrEntry {
  const offset = (base + entry.start) * SECTOR;
  const size = entry.length * SECTOR;
  if (entry.start === 0 || entry.length === 0 || offset + size > end) {
    const seen = `sectors ${base + entry.start} to ${base + entry.start + entry.length} of ${end / SECTOR}`;
    throw partitionsDamaged(image, `partition ${number}`, seen);
  }
  return { number, offset, size, type: entry.type };
}

function entriesOf(disk: Readable, offset: number): RawEntry[] | null {
  const bytes = disk.read(offset, SECTOR);
  const view = new DataView(bytes.buffer, bytes.byteOffset, SECTOR);
  if (view.getUint16(510, true) !== 0xaa55) return null;
  return [0, 1, 2, 3].map((index) => {
    const at = TABLE + 16 * index;
    return {
      status: view.getUint8(at),
      type: view.getUint8(at + 4),
      start: view.getUint32(at + 8, true),
      length: view.getUint32(at + 12, true),
    };
  });
}
