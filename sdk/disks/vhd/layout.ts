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

/** A table of more entries is not read: 2 TB in blocks of 128 KB have as many. */
export const MAX_ENTRIES = 1 << 24;
/** Bytes. A first write makes the file longer by a block: a small image is not to fill the host's disk by a lie. */
export const MAX_BLOCK = 64 << 20;
/** Bytes of a parent's name: the longest path that Windows has. */
const MAX_LOCATOR = 1 << 16;

/** What is at one of the two places of the footer. */
export type FooterFound =
  | { kind: 'good'; at: number; bytes: Uint8Array; footer: Footer }
  | { kind: 'damaged'; why: 'checksum' | 'version' | 'type' }
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
  if (!format.footerSumIsRight(bytes)) return { kind: 'damaged', why: 'checksum' };
  const footer = format.parseFooter(bytes);
  if (!format.versionIsKnown(footer.version)) return { kind: 'damaged', why: 'version' };
  if (footer.type === null) return { kind: 'damaged', why: 'type' };
  return { kind: 'good', at, bytes, footer };
}

/**
 * The footer at the end goes first: the first sector of a fixed disk is the guest's to write. @returns null: neither can be
 * used
 */
export function chooseFooter({ end, copy }: Footers): (FooterFound & { kind: 'good' }) | null {
  if (end.kind === 'good') return end;
  // A fixed disk has no copy: what is there are the guest's bytes.
  return copy.kind === 'good' && copy.footer.type !== 'fixed' ? copy : null;
}

/** @throws GuestwrightError `usage/disk-damaged`, `usage/disk-format-unknown` */
export function readLayout(storage: Storage): VhdLayout {
  const { name } = storage;
  const footers = findFooters(storage);
  const chosen = chooseFooter(footers);
  if (chosen === null) {
    if (footers.end.kind === 'missing' && footers.copy.kind === 'missing') throw noVhd(name);
    throw damaged(name, wordFooters(footers));
  }
  const { footer } = chosen;
  const type = footer.type ?? 'fixed';
  if (footer.size > BigInt(format.MAX_DISK))
    throw damaged(name, `its size is ${footer.size}, more than a VHD can have`);
  const size = Number(footer.size);
  if (size % SECTOR !== 0) throw damaged(name, `its size is ${size}, which is not in whole sectors`);
  const footerBytes = new Uint8Array(FOOTER_BYTES);
  footerBytes.set(chosen.bytes);
  const limit = footers.end.kind === 'good' ? footers.end.at : storage.size();
  const sparse = type === 'fixed' ? null : readSparse(storage, footer, size, limit);
  if (sparse === null && size > limit) {
    throw damaged(name, `its size is ${size}, but the file has only ${limit} bytes before the footer`);
  }
  return { name, type, footer, footerBytes, footers, size, limit, sparse };
}

function wordFooters({ end, copy }: Footers): string {
  const found = end.kind === 'damaged' ? end : copy;
  const why = found.kind === 'damaged' ? found.why : 'missing';
  const words = {
    checksum: 'its footer has a wrong checksum',
    version: 'its footer has a version that is not known',
    type: 'its footer has a type of disk that is not known',
    missing: 'its footer is missing',
  };
  return `${words[why]}, and there is no good copy of it`;
}

function readSparse(storage: Storage, footer: Footer, size: number, limit: number): SparseLayout {
  const { name } = storage;
  const at = footer.headerAt;
  if (at === null || at < BigInt(FOOTER_BYTES) || at + BigInt(HEADER_BYTES) > BigInt(limit)) {
    throw damaged(name, `its header is said to be at ${at ?? 'no place'}, outside of the file`);
  }
  const headerAt = Number(at);
  const headerBytes = storage.read(headerAt, HEADER_BYTES);
  if (!format.hasHeaderCookie(headerBytes)) throw damaged(name, 'its header is not where it is said to be', headerAt);
  if (!format.headerSumIsRight(headerBytes)) throw damaged(name, 'its header has a wrong checksum', headerAt);
  const header = format.parseHeader(headerBytes);
  const { blockSize, entries } = header;
  if (!format.versionIsKnown(header.version))
    throw damaged(name, 'its header has a version that is not known', headerAt);
  if (blockSize < SECTOR || (blockSize & (blockSize - 1)) !== 0) {
    throw damaged(name, `its blocks have ${blockSize} bytes, which is no power of two`, headerAt);
  }
  if (blockSize > MAX_BLOCK) throw damaged(name, `its blocks have ${blockSize} bytes, more than are read`, headerAt);
  const blocks = Math.ceil(size / blockSize);
  if (entries < blocks) {
    throw damaged(name, `its table has ${entries} entries, but a disk of ${size} bytes needs ${blocks}`, headerAt);
  }
  if (blocks > MAX_ENTRIES) throw damaged(name, `its table has ${blocks} entries, more than are read`, headerAt);
  const tableAt = placeOfTable(name, header, headerAt, limit);
  return { headerAt, headerBytes, header, tableAt, blockSize, bitmapBytes: format.bitmapBytes(blockSize), blocks };
}

function placeOfTable(name: string, header: Header, headerAt: number, limit: number): number {
  if (header.tableAt + BigInt(header.entries * 4) > BigInt(limit)) {
    throw damaged(name, `its table of ${header.entries} entries at ${header.tableAt} is not within the file`, headerAt);
  }
  const at = Number(header.tableAt);
  // Aligned, so that one entry is in one sector, which a power cut leaves old or new.
  if (at % SECTOR !== 0) throw damaged(name, `its table is at ${at}, which is not where a sector begins`, headerAt);
  const overlaps = at < headerAt + HEADER_BYTES && headerAt < at + header.entries * 4;
  if (at < FOOTER_BYTES || overlaps) throw damaged(name, `its table at ${at} overlaps its header`, headerAt);
  return at;
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
