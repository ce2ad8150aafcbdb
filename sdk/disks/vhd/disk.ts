/**
 * An opened VHD: the bytes of its disk.
 *
 * In what order is written, so that a kill or a power cut at any point leaves an image that opens and holds all that was
 * flushed before:
 * - The footer's copy at the start is made good before anything else. With it the image opens whatever its end looks like.
 * - A new block goes where the footer at the end is. First the footer is written at the file's new end, then the block over
 *   the old footer. Nothing points at the block yet, so until the table's entry is written it is only lost room.
 * - Bits of bitmaps and entries of the table are kept in memory until {@link VhdDisk.flush}: it flushes the data, then
 *   writes the bits and entries, then flushes those. So no bit and no entry ever stands for data that is not there, and a
 *   sector whose bit is not written is still the parent's.
 * What is written in place is as with any disk: after a power cut before the flush, a sector is as it was or as it became.
 */
import type { Blocks } from '../../engines/blocks.js';
import type { Storage } from '../storage.js';
import { damaged, readOnly, tooLarge } from './errors.js';
import { cutAt, isZero, merge, unite, type Extent } from './extents.js';
import { makeFootersGood } from './footers.js';
import { SECTOR, UNALLOCATED, viewOf } from './format.js';
import { readLayout, readTable, type SparseLayout, type VhdLayout } from './layout.js';
import { checkParent, type VhdParent } from './parent.js';
import { infoOf, type VhdInfo } from './read-vhd.js';
import { endOfContents, tableProblems } from './table-problems.js';
import { wordProblem } from './word-vhd.js';

export interface OpenOptions {
  /** A differencing disk needs it. It is closed with the disk. */
  parent?: VhdParent;
  /** Without it every write is an error. */
  writable?: boolean;
  /** The parent's time need not be what the disk says. */
  acceptChangedParent?: boolean;
  /** When the file was changed last, where that is known: what its children compare. */
  modified?: Date;
}

/** Bytes of bitmaps that are kept; those that are not written yet are kept besides, up to as many. */
const KEPT_BITMAPS = 4 << 20;

/**
 * @throws GuestwrightError `usage/disk-damaged`, `usage/disk-format-unknown`; of a differencing disk also
 * `usage/disk-parent-missing`, `-wrong`, `-changed`, `-cycle`, `usage/disk-chain-too-long`
 */
export function openVhd(storage: Storage, options: OpenOptions = {}): VhdDisk {
  const layout = readLayout(storage);
  const table = layout.sparse === null ? null : readTable(storage, layout.sparse);
  const info = infoOf(storage, layout, table);
  const parent = checkParent(storage.name, info, options);
  if (options.writable === true && layout.sparse !== null && table !== null) {
    // To read a block that lies is at worst wrong bytes; to write to it destroys others.
    const [problem] = tableProblems(layout, layout.sparse, table);
    if (problem !== undefined) throw damaged(storage.name, wordProblem(problem));
  }
  return new VhdDisk(storage, layout, info, table, parent, options);
}

export class VhdDisk implements Blocks, VhdParent {
  /** Of its storage: usually the file's path. */
  readonly name: string;
  /** Where its bytes are; only the disk itself may write to it. */
  readonly storage: Storage;
  readonly size: number;
  readonly id: string;
  readonly created: Date;
  readonly modified: Date | undefined;
  readonly parent: VhdParent | null;
  /** As it was when it was opened. */
  readonly info: VhdInfo;
  /** Ids of the disks that it is read from, its own first. */
  readonly chain: readonly string[];
  readonly #layout: VhdLayout;
  readonly #table: Uint32Array;
  readonly #writable: boolean;
  /** By block, those used last at the end. */
  readonly #bitmaps = new Map<number, Uint8Array>();
  /** Blocks whose bitmap has bits that are not in the file. */
  readonly #dirty = new Set<number>();
  /** Blocks whose entry of the table is not in the file. */
  readonly #unlisted = new Set<number>();
  /** Where the footer at the end is; null: it is damaged. */
  #footerAt: number | null;
  #footersAreGood = false;

  /** Use {@link openVhd}. */
  constructor(
    storage: Storage,
    layout: VhdLayout,
    info: VhdInfo,
    table: Uint32Array | null,
    parent: VhdParent | null,
    { writable = false, modified }: OpenOptions,
  ) {
    this.name = storage.name;
    this.storage = storage;
    this.#layout = layout;
    this.#table = table ?? new Uint32Array();
    this.#writable = writable;
    this.info = info;
    this.size = info.size;
    this.id = info.id;
    this.created = info.created;
    this.modified = modified;
    this.parent = parent;
    this.chain = [info.id, ...(parent?.chain ?? (parent === null ? [] : [parent.id]))];
    const { end } = layout.footers;
    this.#footerAt = end.kind === 'good' ? end.at : null;
  }

  /** @throws GuestwrightError `usage/disk-damaged`; RangeError for what is not within the disk */
  read(offset: number, length: number): Uint8Array {
    this.#checkRange(offset, length);
    const { sparse } = this.#layout;
    if (sparse === null) return this.storage.read(offset, length);
    const bytes = new Uint8Array(length);
    for (const { block, from, to } of this.#pieces(sparse, offset, length)) {
      for (const run of this.#runs(sparse, block, from, to)) {
        const at = block * sparse.blockSize + run.from;
        const size = run.to - run.from;
        if (run.at !== null) bytes.set(this.storage.read(run.at, size), at - offset);
        else if (this.parent !== null) bytes.set(this.parent.read(at, size), at - offset);
      }
    }
    return bytes;
  }

  /** @throws GuestwrightError `usage/disk-read-only`, `usage/disk-full`; RangeError for what is not within the disk */
  write(offset: number, data: Uint8Array): void {
    this.#checkRange(offset, data.length);
    if (!this.#writable) throw readOnly(this.storage.name);
    const { sparse } = this.#layout;
    if (sparse === null) {
      this.storage.write(offset, data);
      return;
    }
    const start = Math.floor(offset / SECTOR) * SECTOR;
    const sectors = this.#wholeSectors(offset, data, start);
    for (const { block, from, to } of this.#pieces(sparse, start, sectors.length)) {
      const at = block * sparse.blockSize + from - start;
      this.#writePiece(sparse, block, from, sectors.subarray(at, at + to - from));
    }
  }

  /** See the order at the top of this file. */
  flush(): void {
    const { sparse } = this.#layout;
    if (!this.#writable) return;
    // Nothing points at these blocks yet, so their bitmaps may go with the data.
    if (sparse !== null) for (const block of this.#unlisted) this.#writeBitmap(block);
    this.storage.flush();
    if (sparse === null || this.#dirty.size + this.#unlisted.size === 0) return;
    for (const block of this.#dirty) this.#writeBitmap(block);
    for (const block of this.#unlisted) {
      const entry = new Uint8Array(4);
      viewOf(entry).setUint32(0, this.#table[block] ?? UNALLOCATED);
      this.storage.write(sparse.tableAt + block * 4, entry);
    }
    this.storage.flush();
    this.#dirty.clear();
    this.#unlisted.clear();
  }

  /** Flushes what was written; closes the storage, and the parent. */
  close(): void {
    try {
      if (this.#dirty.size + this.#unlisted.size > 0) this.flush();
    } finally {
      this.storage.close();
      this.parent?.close?.();
    }
  }

  /** What this file itself holds. @throws GuestwrightError `usage/disk-damaged` */
  extents(): Iterable<Extent> {
    const { sparse } = this.#layout;
    return merge(cutAt(this.size, sparse === null ? [{ offset: 0, length: this.size }] : this.#own(sparse)));
  }

  /** What this file or those before it in the chain hold: all else is zeros. */
  dataExtents(): Iterable<Extent> {
    if (this.parent === null) return this.extents();
    return unite(this.extents(), this.parent.dataExtents?.() ?? [{ offset: 0, length: this.size }]);
  }

  *#own(sparse: SparseLayout): Iterable<Extent> {
    for (const [block, entry] of this.#table.entries()) {
      if (entry === UNALLOCATED) continue;
      for (const { from, to, at } of this.#runs(sparse, block, 0, sparse.blockSize)) {
        if (at !== null) yield { offset: block * sparse.blockSize + from, length: to - from };
      }
    }
  }

  #checkRange(offset: number, length: number): void {
    const valid = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
    if (!valid || offset + length > this.size) {
      throw new RangeError(`${length} bytes at ${offset} are not within a disk of ${this.size}`);
    }
  }

  /** The blocks that a piece of the disk is in; `from` and `to` are bytes within the block. */
  *#pieces({ blockSize }: SparseLayout, offset: number, length: number) {
    for (let at = offset; at < offset + length;) {
      const block = Math.floor(at / blockSize);
      const from = at - block * blockSize;
      const to = Math.min(blockSize, from + offset + length - at);
      yield { block, from, to };
      at += to - from;
    }
  }

  /** Pieces of a block that are in this file, at `at`, or are not: null. */
  *#runs(sparse: SparseLayout, block: number, from: number, to: number) {
    const place = this.#place(sparse, block);
    if (place === null) {
      yield { from, to, at: null };
      return;
    }
    const bitmap = this.#bitmap(sparse, block, place);
    const data = place + sparse.bitmapBytes;
    for (let start = from; start < to;) {
      const own = bit(bitmap, Math.floor(start / SECTOR));
      let sector = Math.floor(start / SECTOR) + 1;
      while (sector * SECTOR < to && bit(bitmap, sector) === own) sector++;
      const end = Math.min(to, sector * SECTOR);
      yield { from: start, to: end, at: own ? data + start : null };
      start = end;
    }
  }

  /** Where a block is in the file; null: it is not. */
  #place({ bitmapBytes, blockSize }: SparseLayout, block: number): number | null {
    const entry = this.#table[block] ?? UNALLOCATED;
    if (entry === UNALLOCATED) return null;
    const at = entry * SECTOR;
    if (at + bitmapBytes + blockSize > (this.#footerAt ?? this.#layout.limit)) {
      throw damaged(this.storage.name, `block ${block} is not within the file`, at);
    }
    return at;
  }

  #bitmap({ bitmapBytes }: SparseLayout, block: number, place: number): Uint8Array {
    const known = this.#bitmaps.get(block);
    const bitmap = known ?? this.storage.read(place, bitmapBytes);
    if (known !== undefined) this.#bitmaps.delete(block);
    this.#keep(block, bitmap);
    return bitmap;
  }

  #keep(block: number, bitmap: Uint8Array): void {
    this.#bitmaps.set(block, bitmap);
    const most = Math.max(2, Math.floor(KEPT_BITMAPS / bitmap.length));
    for (const oldest of this.#bitmaps.keys()) {
      if (this.#bitmaps.size <= most + this.#dirty.size + this.#unlisted.size) return;
      if (!this.#dirty.has(oldest) && !this.#unlisted.has(oldest)) this.#bitmaps.delete(oldest);
    }
  }

  /** What is written, with what is there already of the sectors that it begins and ends in. */
  #wholeSectors(offset: number, data: Uint8Array, start: number): Uint8Array {
    const end = Math.ceil((offset + data.length) / SECTOR) * SECTOR;
    if (start === offset && end === offset + data.length) return data;
    const sectors = new Uint8Array(end - start);
    sectors.set(this.read(start, SECTOR));
    sectors.set(this.read(end - SECTOR, SECTOR), sectors.length - SECTOR);
    sectors.set(data, offset - start);
    return sectors;
  }

  /** @param from bytes within the block, a sector's beginning @param data whole sectors */
  #writePiece(sparse: SparseLayout, block: number, from: number, data: Uint8Array): void {
    let place = this.#place(sparse, block);
    if (place === null) {
      // Zeros are there already.
      if (this.parent === null && isZero(data)) return;
      place = this.#allocate(sparse, block);
    }
    this.storage.write(place + sparse.bitmapBytes + from, data);
    const bitmap = this.#bitmap(sparse, block, place);
    const sectors = { first: from / SECTOR, end: (from + data.length) / SECTOR };
    for (let sector = sectors.first; sector < sectors.end; sector++) {
      if (bit(bitmap, sector)) continue;
      bitmap[sector >> 3] = (bitmap[sector >> 3] ?? 0) | (0x80 >> (sector & 7));
      if (!this.#unlisted.has(block)) this.#dirty.add(block);
    }
    if ((this.#dirty.size + this.#unlisted.size) * bitmap.length > KEPT_BITMAPS) this.flush();
  }

  /** @returns where the block is now */
  #allocate(sparse: SparseLayout, block: number): number {
    // Whatever a kill left at the end, the first allocation makes both footers good.
    this.#footersAreGood ||= makeFootersGood(this.storage, this.#layout, sparse, this.#table);
    const footerAt = (this.#footerAt ??= endOfContents(this.#layout, sparse, this.#table));
    const place = Math.ceil(footerAt / SECTOR) * SECTOR;
    const end = place + sparse.bitmapBytes + sparse.blockSize;
    if (end / SECTOR >= UNALLOCATED) throw tooLarge(this.storage.name);
    this.storage.write(end, this.#layout.footerBytes);
    const bitmap = new Uint8Array(sparse.bitmapBytes);
    this.storage.write(place, bitmap);
    this.#footerAt = end;
    this.#table[block] = place / SECTOR;
    this.#unlisted.add(block);
    this.#keep(block, bitmap);
    return place;
  }

  #writeBitmap(block: number): void {
    const bitmap = this.#bitmaps.get(block);
    const entry = this.#table[block];
    if (bitmap !== undefined && entry !== undefined) this.storage.write(entry * SECTOR, bitmap);
  }
}

/** The most significant bit goes first ("Data Block"). */
function bit(bitmap: Uint8Array, sector: number): boolean {
  return ((bitmap[sector >> 3] ?? 0) & (0x80 >> (sector & 7))) !== 0;
}
