/**
 * The structures of Microsoft's VHD format as bytes ("Virtual Hard Disk Image Format Specification", version 1.0, October
 * 2006; sections are cited by their titles). All numbers are big-endian. Nothing here is checked against a file: what an
 * image says of itself is judged in `layout.ts`.
 */
export const SECTOR = 512;
/** "Hard Disk Footer Format". */
export const FOOTER_BYTES = 512;
/** Before Virtual PC 2004 the footer had no last byte: it is in the last 511 bytes of the file ("Hard Disk Footer Format"). */
export const OLD_FOOTER_BYTES = 511;
/** "Dynamic Disk Header Format". */
export const HEADER_BYTES = 1024;
/** A table's entry of a block that has no place in the file ("Block Allocation Table and Data Blocks"). */
export const UNALLOCATED = 0xffffffff;
/** Bytes of the largest disk: 2040 GB, because a sector's number in the file has 32 bits. */
export const MAX_DISK = 0xff000000 * SECTOR;
export const DEFAULT_BLOCK = 2 << 20;
export const MAX_LOCATORS = 8;
const NO_OFFSET = 0xffffffff_ffffffffn;
const VERSION = 0x00010000;
/** Seconds: the format counts from 2000-01-01, 0:00 UTC ("Time Stamp"). */
const EPOCH = Date.UTC(2000, 0, 1) / 1000;
const FOOTER_SUM_AT = 64;
const HEADER_SUM_AT = 36;

export type VhdType = 'fixed' | 'dynamic' | 'differencing';
/** Numbers of the field "Disk Type". The others are "reserved (deprecated)". */
const TYPES: Readonly<Record<VhdType, number>> = { fixed: 2, dynamic: 3, differencing: 4 };

export interface Geometry {
  cylinders: number;
  heads: number;
  sectors: number;
}

export interface Footer {
  /** Null: one of those that nothing is known of. */
  type: VhdType | null;
  version: number;
  /** Where the header is; null for a fixed disk. */
  headerAt: bigint | null;
  created: Date;
  creator: { application: string; version: number; host: string };
  originalSize: bigint;
  /** Bytes of the disk. */
  size: bigint;
  geometry: Geometry;
  /** Lower-case UUID. */
  id: string;
  savedState: boolean;
}

/** Where a parent's name is in the file ("Parent Locator Entries"). */
export interface LocatorEntry {
  platform: string;
  /** Sectors; but Virtual Server writes bytes, so nothing depends on it. */
  space: number;
  /** Bytes. */
  length: number;
  at: bigint;
}

export interface Header {
  version: number;
  tableAt: bigint;
  /** Entries that the table has. */
  entries: number;
  /** Bytes of a block's data, without its bitmap. */
  blockSize: number;
  parentId: string;
  /** Null: no time is given. */
  parentModified: Date | null;
  parentName: string;
  /** Those in use, at most {@link MAX_LOCATORS}. */
  locators: LocatorEntry[];
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** One's complement of the sum of all bytes but the sum's own ("Checksum"). */
function checksum(bytes: Uint8Array, sumAt: number): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at++) if (at < sumAt || at >= sumAt + 4) sum += bytes[at] ?? 0;
  return ~sum >>> 0;
}

export function footerSumIsRight(bytes: Uint8Array): boolean {
  return viewOf(bytes).getUint32(FOOTER_SUM_AT) === checksum(bytes, FOOTER_SUM_AT);
}

export function headerSumIsRight(bytes: Uint8Array): boolean {
  return viewOf(bytes).getUint32(HEADER_SUM_AT) === checksum(bytes, HEADER_SUM_AT);
}

/** Puts the right checksum into a footer. */
export function sealFooter(bytes: Uint8Array): void {
  viewOf(bytes).setUint32(FOOTER_SUM_AT, checksum(bytes, FOOTER_SUM_AT));
}

/** Puts the right checksum into a header. */
export function sealHeader(bytes: Uint8Array): void {
  viewOf(bytes).setUint32(HEADER_SUM_AT, checksum(bytes, HEADER_SUM_AT));
}

export function hasFooterCookie(bytes: Uint8Array): boolean {
  return bytes.length >= 8 && latin1(bytes.subarray(0, 8)) === 'conectix';
}

export function hasHeaderCookie(bytes: Uint8Array): boolean {
  return bytes.length >= 8 && latin1(bytes.subarray(0, 8)) === 'cxsparse';
}

/** Whether this is a version whose fields we know: the major number says so ("File Format Version"). */
export function versionIsKnown(version: number): boolean {
  return version >>> 16 === VERSION >>> 16;
}

/** @param bytes {@link FOOTER_BYTES} or {@link OLD_FOOTER_BYTES} of them */
export function parseFooter(bytes: Uint8Array): Footer {
  const view = viewOf(bytes);
  const type = view.getUint32(60);
  const headerAt = view.getBigUint64(16);
  return {
    type: (['fixed', 'dynamic', 'differencing'] as const).find((name) => TYPES[name] === type) ?? null,
    version: view.getUint32(12),
    headerAt: headerAt === NO_OFFSET ? null : headerAt,
    created: dateOf(view.getUint32(24)),
    creator: {
      application: latin1(bytes.subarray(28, 32)),
      version: view.getUint32(32),
      host: latin1(bytes.subarray(36, 40)),
    },
    originalSize: view.getBigUint64(40),
    size: view.getBigUint64(48),
    geometry: { cylinders: view.getUint16(56), heads: view.getUint8(58), sectors: view.getUint8(59) },
    id: uuidAt(bytes, 68),
    savedState: view.getUint8(84) !== 0,
  };
}

export function encodeFooter(footer: Footer & { type: VhdType }): Uint8Array {
  const bytes = new Uint8Array(FOOTER_BYTES);
  const view = viewOf(bytes);
  putLatin1(bytes, 0, 'conectix', 8);
  // "Features": this bit is always set.
  view.setUint32(8, 2);
  view.setUint32(12, footer.version);
  view.setBigUint64(16, footer.headerAt ?? NO_OFFSET);
  view.setUint32(24, secondsOf(footer.created));
  putLatin1(bytes, 28, footer.creator.application, 4);
  view.setUint32(32, footer.creator.version);
  putLatin1(bytes, 36, footer.creator.host, 4);
  view.setBigUint64(40, footer.originalSize);
  view.setUint32(60, TYPES[footer.type]);
  putUuid(bytes, 68, footer.id);
  view.setUint8(84, footer.savedState ? 1 : 0);
  return withSize(bytes, Number(footer.size));
}

/** A footer's bytes with another size, everything else as it was. @param size bytes */
export function withSize(footer: Uint8Array, size: number): Uint8Array {
  const bytes = new Uint8Array(FOOTER_BYTES);
  bytes.set(footer.subarray(0, FOOTER_BYTES));
  const view = viewOf(bytes);
  const { cylinders, heads, sectors } = geometryOf(size);
  view.setBigUint64(48, BigInt(size));
  view.setUint16(56, cylinders);
  view.setUint8(58, heads);
  view.setUint8(59, sectors);
  sealFooter(bytes);
  return bytes;
}

/** @param bytes {@link HEADER_BYTES} of them */
export function parseHeader(bytes: Uint8Array): Header {
  const view = viewOf(bytes);
  const locators: LocatorEntry[] = [];
  for (let at = 576; at < 576 + 24 * MAX_LOCATORS; at += 24) {
    if (view.getUint32(at) === 0) continue;
    locators.push({
      platform: latin1(bytes.subarray(at, at + 4)),
      space: view.getUint32(at + 4),
      length: view.getUint32(at + 8),
      at: view.getBigUint64(at + 16),
    });
  }
  const seconds = view.getUint32(56);
  return {
    version: view.getUint32(24),
    tableAt: view.getBigUint64(16),
    entries: view.getUint32(28),
    blockSize: view.getUint32(32),
    parentId: uuidAt(bytes, 40),
    parentModified: seconds === 0 ? null : dateOf(seconds),
    parentName: untilNul(utf16(bytes.subarray(64, 64 + 512), 'big')),
    locators,
  };
}

export function encodeHeader(header: Header): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = viewOf(bytes);
  putLatin1(bytes, 0, 'cxsparse', 8);
  view.setBigUint64(8, NO_OFFSET);
  view.setUint32(24, header.version);
  view.setUint32(32, header.blockSize);
  putUuid(bytes, 40, header.parentId);
  view.setUint32(56, header.parentModified === null ? 0 : secondsOf(header.parentModified));
  for (let i = 0; i < header.parentName.length; i++) view.setUint16(64 + 2 * i, header.parentName.charCodeAt(i));
  header.locators.forEach(({ platform, space, length, at }, number) => {
    const entry = 576 + 24 * number;
    putLatin1(bytes, entry, platform, 4);
    view.setUint32(entry + 4, space);
    view.setUint32(entry + 8, length);
    view.setBigUint64(entry + 16, at);
  });
  return withTable(bytes, Number(header.tableAt), header.entries);
}

/** A header's bytes with its table elsewhere, everything else as it was. */
export function withTable(header: Uint8Array, tableAt: number, entries: number): Uint8Array {
  const bytes = header.slice();
  viewOf(bytes).setBigUint64(16, BigInt(tableAt));
  viewOf(bytes).setUint32(28, entries);
  sealHeader(bytes);
  return bytes;
}

export const CURRENT_VERSION = VERSION;
export const NO_PARENT = '00000000-0000-0000-0000-000000000000';

/** Bytes of a block's bitmap: one bit per sector, padded to sectors ("Data Block"). */
export function bitmapBytes(blockSize: number): number {
  return Math.ceil(blockSize / SECTOR / 8 / SECTOR) * SECTOR;
}

/** The specification's "Appendix: CHS Calculation". What is beyond the largest geometry has that one. @param size bytes */
export function geometryOf(size: number): Geometry {
  const total = Math.min(Math.floor(size / SECTOR), 65535 * 16 * 255);
  if (total >= 65535 * 16 * 63) return { cylinders: Math.floor(total / (16 * 255)), heads: 16, sectors: 255 };
  let sectors = 17;
  let cylinderTimesHeads = Math.floor(total / sectors);
  let heads = Math.max(4, Math.floor((cylinderTimesHeads + 1023) / 1024));
  if (cylinderTimesHeads >= heads * 1024 || heads > 16) {
    sectors = 31;
    heads = 16;
    cylinderTimesHeads = Math.floor(total / sectors);
  }
  if (cylinderTimesHeads >= heads * 1024) {
    sectors = 63;
    heads = 16;
    cylinderTimesHeads = Math.floor(total / sectors);
  }
  return { cylinders: Math.floor(cylinderTimesHeads / heads), heads, sectors };
}

/** What the format can say of a time: whole seconds from 2000 to 2136. */
export function secondsOf(date: Date): number {
  return Math.min(0xffffffff, Math.max(0, Math.floor(date.getTime() / 1000) - EPOCH));
}

function dateOf(seconds: number): Date {
  return new Date((EPOCH + seconds) * 1000);
}

export function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function putLatin1(bytes: Uint8Array, at: number, text: string, length: number): void {
  for (let i = 0; i < length; i++) bytes[at + i] = i < text.length ? text.charCodeAt(i) & 0xff : 0;
}

/** A last odd byte is not read; lone surrogates stay. */
export function utf16(bytes: Uint8Array, order: 'big' | 'little'): string {
  const view = viewOf(bytes);
  let text = '';
  for (let at = 0; at + 2 <= bytes.length; at += 2) text += String.fromCharCode(view.getUint16(at, order === 'little'));
  return text;
}

export function utf16LittleEndian(text: string): Uint8Array {
  const bytes = new Uint8Array(2 * text.length);
  for (let i = 0; i < text.length; i++) viewOf(bytes).setUint16(2 * i, text.charCodeAt(i), true);
  return bytes;
}

export function untilNul(text: string): string {
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

function uuidAt(bytes: Uint8Array, at: number): string {
  const hex = Array.from(bytes.subarray(at, at + 16), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function putUuid(bytes: Uint8Array, at: number, id: string): void {
  const hex = id.replaceAll('-', '');
  for (let i = 0; i < 16; i++) bytes[at + i] = parseInt(hex.slice(2 * i, 2 * i + 2), 16);
}
