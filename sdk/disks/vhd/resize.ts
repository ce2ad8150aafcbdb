/** Makes a VHD larger or smaller. */
import type { Storage } from '../storage.js';
import { openVhd } from './disk.js';
import { damaged, losesData, noSuchSize, noSuchValue } from './errors.js';
import { isZero } from './extents.js';
import { makeFootersGood } from './footers.js';
import * as format from './format.js';
import { FOOTER_BYTES, SECTOR, UNALLOCATED } from './format.js';
import { MAX_ENTRIES, readLayout, readTable, type SparseLayout, type VhdLayout } from './layout.js';
import { endOfContents, structuresOf, tableProblems } from './table-problems.js';
import { wordProblem } from './word-vhd.js';

export interface ResizeOptions {
  /** A disk is made smaller also where what is cut off are not zeros. */
  loseData?: boolean;
}

/**
 * A fixed or dynamic disk; what is added are zeros. At any point the image opens, with the size that it had or that it gets,
 * and with what is in both.
 * @param size bytes, in whole sectors
 * @throws GuestwrightError `usage/disk-size`, `usage/disk-options` for a differencing disk, which has its parent's size,
 * `usage/disk-loses-data`, `usage/disk-damaged`
 */
export function resizeVhd(storage: Storage, size: number, { loseData = false }: ResizeOptions = {}): void {
  if (!Number.isSafeInteger(size) || size <= 0 || size % SECTOR !== 0 || size > format.MAX_DISK) {
    throw noSuchSize(size, `whole sectors of ${SECTOR} bytes, up to 2040 GB (${format.MAX_DISK} bytes)`);
  }
  const layout = readLayout(storage);
  if (layout.type === 'differencing') {
    throw noSuchValue(
      'operation',
      'a fixed or dynamic disk: a differencing one has the size of its parent',
      layout.type,
    );
  }
  if (size === layout.size) return;
  if (size < layout.size && !loseData) checkZeros(storage, layout, size);
  if (layout.sparse === null) resizeFixed(storage, layout, size);
  else resizeDynamic(storage, layout, layout.sparse, size);
  storage.flush();
}

/** Bytes that are read or zeroed at once. */
const CHUNK = 1 << 20;

function checkZeros(storage: Storage, layout: VhdLayout, from: number): void {
  const disk = openVhd(storage);
  const footer = format.withSize(layout.footerBytes, from);
  for (const { offset, length } of disk.extents()) {
    for (let at = Math.max(offset, from); at < offset + length; at += CHUNK) {
      const bytes = disk.read(at, Math.min(CHUNK, offset + length - at));
      // What was killed when the footer was at its new place left it there.
      const isAgain = layout.type === 'fixed' && at === from && footer.every((byte, index) => byte === bytes[index]);
      if (!isZero(isAgain ? bytes.slice(FOOTER_BYTES) : bytes)) throw losesData(storage.name, at, layout.size);
    }
  }
}

/**
 * The footer goes to its new place before anything else: there is no copy of it. A kill right after may leave the old one
 * in what was added.
 */
function resizeFixed(storage: Storage, layout: VhdLayout, size: number): void {
  const oldEnd = storage.size();
  const newEnd = size + FOOTER_BYTES;
  // What is between a disk's end and its footer is not known to be zeros.
  if (size > layout.size) zero(storage, layout.size, Math.min(size, layout.limit));
  storage.write(size, format.withSize(layout.footerBytes, size));
  storage.flush();
  if (newEnd < oldEnd) storage.truncate(newEnd);
  else zero(storage, layout.limit, Math.min(size, oldEnd));
}

function resizeDynamic(storage: Storage, layout: VhdLayout, sparse: SparseLayout, size: number): void {
  const table = readTable(storage, sparse);
  const [problem] = tableProblems(layout, sparse, table);
  if (problem !== undefined) throw damaged(storage.name, wordProblem(problem));
  const blocks = Math.ceil(size / sparse.blockSize);
  if (blocks > MAX_ENTRIES) throw noSuchSize(size, `${MAX_ENTRIES} blocks of ${sparse.blockSize} bytes at most`);
  makeFootersGood(storage, layout, sparse, table);
  let footerAt = layout.footers.end.kind === 'good' ? layout.footers.end.at : endOfContents(layout, sparse, table);
  if (size > layout.size) {
    zeroEndOfLastBlock(storage, layout.size, sparse, table);
    footerAt = growTable(storage, layout, { sparse, table, blocks, footerAt });
  }
  const footer = format.withSize(layout.footerBytes, size);
  storage.write(footerAt, footer);
  storage.flush();
  storage.write(0, footer);
  storage.flush();
  // Only now nothing of the larger disk is looked for.
  if (blocks < sparse.blocks) storage.write(sparse.tableAt + blocks * 4, unallocated(sparse.blocks - blocks));
}

/** What is behind the disk's end, in its last block, may be anything. */
function zeroEndOfLastBlock(
  storage: Storage,
  size: number,
  { blocks, blockSize, bitmapBytes }: SparseLayout,
  table: Uint32Array,
): void {
  const entry = table[blocks - 1] ?? UNALLOCATED;
  if (entry === UNALLOCATED) return;
  const data = entry * SECTOR + bitmapBytes;
  zero(storage, data + size - (blocks - 1) * blockSize, data + blockSize);
  storage.flush();
}

interface Growth {
  sparse: SparseLayout;
  table: Uint32Array;
  /** Entries that there are to be. */
  blocks: number;
  footerAt: number;
}

/** Makes the table long enough. @returns where the footer is now */
function growTable(storage: Storage, layout: VhdLayout, { sparse, table, blocks, footerAt }: Growth): number {
  const { tableAt, headerAt, headerBytes, header } = sparse;
  const added = unallocated(blocks - sparse.blocks);
  if (tableAt + blocks * 4 <= roomForTable(layout, sparse, table, footerAt)) {
    storage.write(tableAt + sparse.blocks * 4, added);
    storage.flush();
    if (blocks > header.entries) putTable(storage, headerAt, headerBytes, tableAt, blocks);
    return footerAt;
  }
  const place = Math.ceil(footerAt / SECTOR) * SECTOR;
  const bytes = new Uint8Array(Math.ceil((blocks * 4) / SECTOR) * SECTOR).fill(0xff);
  bytes.set(storage.read(tableAt, sparse.blocks * 4));
  storage.write(place + bytes.length, layout.footerBytes);
  storage.write(place, bytes);
  storage.flush();
  putTable(storage, headerAt, headerBytes, place, blocks);
  return place + bytes.length;
}

/** All that changes in a header is in its first sector, which a power cut leaves old or new. */
function putTable(storage: Storage, headerAt: number, header: Uint8Array, tableAt: number, entries: number): void {
  storage.write(headerAt, format.withTable(header, tableAt, entries).subarray(0, SECTOR));
  storage.flush();
}

/** Where the next thing behind the table begins. */
function roomForTable(layout: VhdLayout, sparse: SparseLayout, table: Uint32Array, footerAt: number): number {
  let next = footerAt;
  const take = (at: number) => {
    if (at > sparse.tableAt) next = Math.min(next, at);
  };
  for (const { at } of structuresOf(layout, sparse)) take(at);
  for (const entry of table) if (entry !== UNALLOCATED) take(entry * SECTOR);
  return next;
}

function unallocated(entries: number): Uint8Array {
  return new Uint8Array(entries * 4).fill(0xff);
}

function zero(storage: Storage, from: number, to: number): void {
  for (let at = from; at < to; at += CHUNK) storage.write(at, new Uint8Array(Math.min(CHUNK, to - at)));
}
