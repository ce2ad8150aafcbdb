/**
 * Where things are in a VHD's file, and whether they can be there: an image is untrusted, so nothing is read before it was
 * seen to be in the file, and no memory is taken that the file's own size does not justify.
 */
import type { Storage } from '../storage.js';
import { damaged, noVhd } from './errors.js';
import * as format from './format.js';
import {
  FOOTER_BYTES,
  HEADER_BYTES,
  OLD_FOOTER_BYTES,
  SECTOR,
  type Footer,
  type Header,
  type VhdType,
} from './format.js';
import { wordProblem } from './word-vhd.js';

/** A table of more entries is not read: 2 TB in blocks of 128 KB have as many. */
export const MAX_ENTRIES = 1 << 24;
/** Bytes. A first write makes the file longer by a block: a small image is not to fill the host's disk by a lie. */
export const MAX_BLOCK = 64 << 20;
/** Bytes of a parent's name: the longest path that Windows has. */
const MAX_LOCATOR = 1 << 16;

/** What is at one of the two places of the footer. `bytes` may lack the last of {@link FOOTER_BYTES}. */
export type FooterFound =
  | { kind: 'good'; at: number; bytes: Uint8Array; footer: Footer }
  | { kind: 'damaged'; why: 'checksum' | 'version' | 'type'; at: number; bytes: Uint8Array }
  | { kind: 'missing' };

export interface Footers {
  /** At the file's end. */
  end: FooterFound;
  /** The copy at its start, which a fixed disk does not have. */
  copy: FooterFound;
}

/** What an image is that was read as far as its table. */
export interface VhdLayout {
  name: string;
  type: VhdType;
  footer: Footer;
  /** Always {@link FOOTER_BYTES}. */
  footerBytes: Uint8Array;
  footers: Footers;
  /** Bytes of the disk. */
  size: number;
  /** Where what is not the footer ends: the footer's place, or where it is damaged the file's end. */
  limit: number;
  /** Null for a fixed disk. */
  sparse: SparseLayout | null;
}

export interface SparseLayout {
  headerAt: number;
  headerBytes: Uint8Array;
  header: Header;
  tableAt: number;
  blockSize: number;
  bitmapBytes: number;
  /** Entries that the disk's size needs; the table may have more. */
  blocks: number;
}

/** Why an image cannot be read at all. Numbers are bytes, `at` in the file. */
export type LayoutProblem =
  | { kind: 'no-vhd' }
  | { kind: 'footers-damaged'; why: 'checksum' | 'version' | 'type' | 'missing' }
  | { kind: 'size-impossible'; size: bigint }
  | { kind: 'size-beyond-file'; size: number; limit: number }
  | { kind: 'header-outside'; at: bigint | null }
  | { kind: 'header-damaged'; why: 'cookie' | 'checksum' | 'version'; at: number }
  | { kind: 'block-size-impossible'; blockSize: number; at: number }
  | { kind: 'table-too-short'; entries: number; blocks: number; at: number }
  | { kind: 'table-too-long'; blocks: number; at: number }
  | { kind: 'table-misplaced'; why: 'outside' | 'unaligned' | 'overlapping'; entries: number; at: bigint };

export function findFooters(storage: Storage): Footers {
  const size = storage.size();
  const copy: FooterFound = size < FOOTER_BYTES ? { kind: 'missing' } : footerAt(storage, 0, FOOTER_BYTES);
  const places = [FOOTER_BYTES, OLD_FOOTER_BYTES].filter((length) => size >= length);
  const ends = places.map((length) => footerAt(storage, size - length, length));
  const end = ends.find(({ kind }) => kind === 'good') ?? ends.find(({ kind }) => kind === 'damaged');
  return { end: end ?? { kind: 'missing' }, copy };
}

function footerAt(storage: Storage, at: number, length: number): FooterFound {
  const bytes = storage.read(at, length);
  if (!format.hasFooterCookie(bytes)) return { kind: 'missing' };
  if (!format.footerSumIsRight(bytes)) return { kind: 'damaged', why: 'checksum', at, bytes };
  const footer = format.parseFooter(bytes);
  if (!format.versionIsKnown(footer.version)) return { kind: 'damaged', why: 'version', at, bytes };
  if (footer.type === null) return { kind: 'damaged', why: 'type', at, bytes };
  return { kind: 'good', at, bytes, footer };
}

/**
 * The footer at the end goes first: the first sector of a fixed disk is the guest's to write. @returns null: neither can be
 * used
 */
function chooseFooter({ end, copy }: Footers): (FooterFound & { kind: 'good' }) | null {
  if (end.kind === 'good') return end;
  // A fixed disk has no copy: what is there are the guest's bytes.
  return copy.kind === 'good' && copy.footer.type !== 'fixed' ? copy : null;
}

/** @throws GuestwrightError `usage/disk-damaged`, `usage/disk-format-unknown` */
export function readLayout(storage: Storage): VhdLayout {
  const layout = examineLayout(storage);
  if (!('kind' in layout)) return layout;
  if (layout.kind === 'no-vhd') throw noVhd(storage.name);
  throw damaged(storage.name, wordProblem(layout));
}

/** @param footers to take others than those that are found @param sums `ignored`: as if the header's checksum were right */
export function examineLayout(
  storage: Storage,
  footers: Footers = findFooters(storage),
  sums: 'checked' | 'ignored' = 'checked',
): VhdLayout | LayoutProblem {
  const chosen = chooseFooter(footers);
  const type = chosen?.footer.type ?? null;
  if (chosen === null || type === null) return noFooter(footers);
  const { footer } = chosen;
  const size = Number(footer.size);
  if (size > format.MAX_DISK || size % SECTOR !== 0) return { kind: 'size-impossible', size: footer.size };
  const footerBytes = new Uint8Array(FOOTER_BYTES);
  footerBytes.set(chosen.bytes);
  const limit = footers.end.kind === 'good' ? footers.end.at : storage.size();
  const layout = { name: storage.name, type, footer, footerBytes, footers, size, limit };
  if (type === 'fixed') return size > limit ? { kind: 'size-beyond-file', size, limit } : { ...layout, sparse: null };
  const sparse = examineSparse(storage, layout, sums);
  return 'kind' in sparse ? sparse : { ...layout, sparse };
}

function noFooter({ end, copy }: Footers): LayoutProblem {
  if (end.kind === 'missing' && copy.kind === 'missing') return { kind: 'no-vhd' };
  const damagedOne = [end, copy].find((found) => found.kind === 'damaged');
  return { kind: 'footers-damaged', why: damagedOne?.why ?? 'missing' };
}

function examineSparse(
  storage: Storage,
  { footer, size, limit }: Omit<VhdLayout, 'sparse'>,
  sums: 'checked' | 'ignored',
): SparseLayout | LayoutProblem {
  const { headerAt: place } = footer;
  if (place === null || place < BigInt(FOOTER_BYTES) || place + BigInt(HEADER_BYTES) > BigInt(limit)) {
    return { kind: 'header-outside', at: place };
  }
  const at = Number(place);
  const headerBytes = storage.read(at, HEADER_BYTES);
  if (!format.hasHeaderCookie(headerBytes)) return { kind: 'header-damaged', why: 'cookie', at };
  if (sums === 'checked' && !format.headerSumIsRight(headerBytes)) {
    return { kind: 'header-damaged', why: 'checksum', at };
  }
  const header = format.parseHeader(headerBytes);
  const { blockSize, entries } = header;
  if (!format.versionIsKnown(header.version)) return { kind: 'header-damaged', why: 'version', at };
  if (blockSize < SECTOR || blockSize > MAX_BLOCK || (blockSize & (blockSize - 1)) !== 0) {
    return { kind: 'block-size-impossible', blockSize, at };
  }
  const blocks = Math.ceil(size / blockSize);
  if (entries < blocks) return { kind: 'table-too-short', entries, blocks, at };
  if (blocks > MAX_ENTRIES) return { kind: 'table-too-long', blocks, at };
  const misplaced = misplacedTable(header, at, limit);
  if (misplaced !== null) return { kind: 'table-misplaced', why: misplaced, entries, at: header.tableAt };
  const tableAt = Number(header.tableAt);
  const bitmapBytes = format.bitmapBytes(blockSize);
  return { headerAt: at, headerBytes, header, tableAt, blockSize, bitmapBytes, blocks };
}

function misplacedTable({ tableAt, entries }: Header, headerAt: number, limit: number) {
  const bytes = entries * 4;
  if (tableAt + BigInt(bytes) > BigInt(limit)) return 'outside';
  const at = Number(tableAt);
  // Aligned, so that one entry is in one sector, which a power cut leaves old or new.
  if (at % SECTOR !== 0) return 'unaligned';
  return at < FOOTER_BYTES || (at < headerAt + HEADER_BYTES && headerAt < at + bytes) ? 'overlapping' : null;
}

/** Sectors' numbers in the file, one per block. */
export function readTable(storage: Storage, { tableAt, blocks }: SparseLayout): Uint32Array {
  const view = format.viewOf(storage.read(tableAt, blocks * 4));
  const table = new Uint32Array(blocks);
  for (let block = 0; block < blocks; block++) table[block] = view.getUint32(block * 4);
  return table;
}

/** A locator whose bytes are in the file and of a length that a path can have. */
export function locatorIsInside({ at, length }: format.LocatorEntry, limit: number): boolean {
  return length <= MAX_LOCATOR && at >= BigInt(FOOTER_BYTES) && at + BigInt(length) <= BigInt(limit);
}
