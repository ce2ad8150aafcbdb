/** The table of UEFI (UEFI specification 2.10, chapter 5.3): both copies are checked, and the second stands in. */
import { crc32 } from 'node:zlib';
import { partitionsDamaged } from './damaged.js';
import type { Readable } from './file-systems.js';

const SIGNATURE = 'EFI PART';
/** What a sector may have, bytes: nothing in the image says it. */
const SECTORS = [512, 4096];
const HEADER_BYTES = 92;
/** More is no table of a disk, but a number that makes its reader allocate. */
const MOST_ENTRIES = 1024;
const MOST_ENTRY_BYTES = 1024;

export interface GptEntry {
  /** From 1, by its place in the table. */
  number: number;
  /** Bytes. */
  offset: number;
  size: number;
  /** Of its type, as it is written. */
  type: string;
  name: string;
}

/**
 * @returns null when there is none
 * @throws GuestwrightError `usage/partitions-damaged`, also when neither copy is whole
 */
export function readGpt(disk: Readable, { expected, image }: { expected: boolean; image: string }): GptEntry[] | null {
  let seen = 'no header, at its start or at its end';
  let any = expected;
  for (const sector of SECTORS) {
    const last = Math.floor(disk.size / sector) - 1;
    for (const at of [1, last]) {
      const table = readCopy(disk, sector, at);
      if (table.kind === 'absent') continue;
      // At the end there can be what is left of a table that was there before.
      if (at === 1) any = true;
      if (table.kind === 'table' && any) return partitionsOf(disk, sector, table.entries, image);
      if (table.kind === 'damaged') seen = table.what;
    }
  }
  if (any) throw partitionsDamaged(image, 'a GPT header and its entries, with their checksums,', seen);
  return null;
}

type Copy = { kind: 'absent' } | { kind: 'damaged'; what: string } | { kind: 'table'; entries: Buffer[] };

function readCopy(disk: Readable, sector: number, at: number): Copy {
  if (at < 1 || (at + 1) * sector > disk.size) return { kind: 'absent' };
  const header = Buffer.from(disk.read(at * sector, sector));
  if (header.subarray(0, 8).toString('latin1') !== SIGNATURE) return { kind: 'absent' };
  const damaged = (what: string): Copy => ({ kind: 'damaged', what: `the header at sector ${at}: ${what}` });
  const length = header.readUInt32LE(12);
  if (length < HEADER_BYTES || length > sector) return damaged(`a length of ${length}`);
  const sum = header.readUInt32LE(16);
  header.writeUInt32LE(0, 16);
  if (crc32(header.subarray(0, length)) !== sum) return damaged('its checksum is wrong');
  const first = Number(header.readBigUInt64LE(72)) * sector;
  const count = header.readUInt32LE(80);
  const bytes = header.readUInt32LE(84);
  if (count > MOST_ENTRIES || bytes < 128 || bytes > MOST_ENTRY_BYTES)
    return damaged(`${count} entries of ${bytes} bytes`);
  if (first < 2 * sector || first + count * bytes > disk.size) return damaged(`entries at byte ${first}`);
  const table = Buffer.from(disk.read(first, count * bytes));
  if (crc32(table) !== header.readUInt32LE(88)) return damaged('the checksum of its entries is wrong');
  const entries = Array.from({ length: count }, (_, index) => table.subarray(index * bytes, (index + 1) * bytes));
  return { kind: 'table', entries };
}

function partitionsOf(disk: Readable, sector: number, entries: readonly Buffer[], image: string): GptEntry[] {
  return entries.flatMap((entry, index) => {
    const type = guidOf(entry);
    if (type === UNUSED) return [];
    const offset = Number(entry.readBigUInt64LE(32)) * sector;
    const end = (Number(entry.readBigUInt64LE(40)) + 1) * sector;
    if (offset < sector || end <= offset || end > disk.size) {
      throw partitionsDamaged(image, `partition ${index + 1}`, `bytes ${offset} to ${end} of ${disk.size}`);
    }
    const name = entry.subarray(56, 128).toString('utf16le').split('\0')[0] ?? '';
    return [{ number: index + 1, offset, size: end - offset, type, name }];
  });
}

const UNUSED = '00000000-0000-0000-0000-000000000000';

function guidOf(entry: Buffer): string {
  const hex = (from: number, to: number, swap: boolean) => {
    const bytes = Buffer.from(entry.subarray(from, to));
    return (swap ? bytes.reverse() : bytes).toString('hex');
  };
  return [hex(0, 4, true), hex(4, 6, true), hex(6, 8, true), hex(8, 10, false), hex(10, 16, false)].join('-');
}
