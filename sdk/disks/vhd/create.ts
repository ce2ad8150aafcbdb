/** Makes new VHDs. */
import type { Storage } from '../storage.js';
import { noSuchSize, noSuchValue } from './errors.js';
import * as format from './format.js';
import { FOOTER_BYTES, HEADER_BYTES, SECTOR, type LocatorEntry, type VhdType } from './format.js';
import { MAX_BLOCK, MAX_ENTRIES } from './layout.js';

export interface CreateOptions {
  type: VhdType;
  /** Bytes, in whole sectors of 512, up to 2040 GB. */
  size: number;
  /** Bytes: a power of two. Default 2 MB. */
  blockSize?: number;
  /** UUID. Default a random one. */
  id?: string;
  /** Default now. */
  created?: Date;
  /** Of a differencing disk, which needs it: it has the parent's size. */
  parent?: NewParent;
}

export interface NewParent {
  id: string;
  /** Bytes. */
  size: number;
  created?: Date | undefined;
  /** When its file was changed last; without it `created` goes in. */
  modified?: Date | undefined;
  /** Where its file is, relative to the child's folder, with either kind of slash. */
  path: string;
  /** Windows' absolute path of it, where one is wanted in the image. */
  absolutePath?: string;
}

/** The same bytes each time where `id` and `created` are given. @param storage empty @throws GuestwrightError `usage/disk-size`, `usage/disk-options` */
export function createVhd(storage: Storage, options: CreateOptions): void {
  checkOptions(options);
  const { type, size } = options;
  const footer = format.encodeFooter({
    type,
    version: format.CURRENT_VERSION,
    headerAt: type === 'fixed' ? null : BigInt(FOOTER_BYTES),
    created: options.created ?? new Date(),
    creator: creatorFor(size),
    originalSize: BigInt(size),
    size: BigInt(size),
    geometry: format.geometryOf(size),
    id: (options.id ?? crypto.randomUUID()).toLowerCase(),
    savedState: false,
  });
  if (type === 'fixed') storage.write(size, footer);
  else writeSparse(storage, options, footer);
  storage.flush();
}

function writeSparse(
  storage: Storage,
  { size, blockSize = format.DEFAULT_BLOCK, parent }: CreateOptions,
  footer: Uint8Array,
): void {
  const locators: NewLocator[] = [];
  if (parent !== undefined) locators.push(locator('W2ru', relativePath(parent.path)));
  if (parent?.absolutePath !== undefined) locators.push(locator('W2ku', parent.absolutePath));
  writeEmpty(storage, footer, {
    size,
    blockSize,
    parentId: parent?.id.toLowerCase() ?? format.NO_PARENT,
    parentModified: parent?.modified ?? parent?.created ?? null,
    parentName: parent === undefined ? '' : baseName(parent.path),
    locators,
  });
}

export interface NewLocator {
  platform: string;
  bytes: Uint8Array;
}

export interface NewHeader extends Pick<format.Header, 'blockSize' | 'parentId' | 'parentModified' | 'parentName'> {
  /** Bytes of the disk. */
  size: number;
  locators: readonly NewLocator[];
}

/** A dynamic or differencing disk with nothing in it. @param footer as it goes in, twice @param storage empty */
export function writeEmpty(storage: Storage, footer: Uint8Array, { size, locators, ...header }: NewHeader): void {
  const entries = Math.ceil(size / header.blockSize);
  const tableAt = FOOTER_BYTES + HEADER_BYTES;
  // Its unused end is filled too: "Block Allocation Table and Data Blocks".
  const table = new Uint8Array(Math.ceil((entries * 4) / SECTOR) * SECTOR).fill(0xff);
  let end = tableAt + table.length;
  const placed: LocatorEntry[] = [];
  for (const { platform, bytes } of locators) {
    // The specification counts its space in sectors, but what Windows' own images have there are bytes.
    const space = Math.ceil(bytes.length / SECTOR) * SECTOR;
    placed.push({ platform, space, length: bytes.length, at: BigInt(end) });
    storage.write(end, bytes);
    end += space;
  }
  storage.write(0, footer);
  storage.write(
    FOOTER_BYTES,
    format.encodeHeader({
      ...header,
      version: format.CURRENT_VERSION,
      tableAt: BigInt(tableAt),
      entries,
      locators: placed,
    }),
  );
  storage.write(tableAt, table);
  storage.write(end, footer);
}

function locator(platform: string, path: string): NewLocator {
  return { platform, bytes: format.utf16LittleEndian(path) };
}

/** As Windows has it: `.\name`, `..\folder\name`. */
function relativePath(path: string): string {
  const windows = path.replaceAll('/', '\\');
  return windows.startsWith('.\\') || windows.startsWith('..\\') ? windows : `.\\${windows}`;
}

function baseName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}

/**
 * QEMU before 10.0 takes a disk's size from its geometry, which is mostly smaller, but where it knows the creator as one that
 * does not, or where the geometry is the largest. So where the geometry does not say the size we are `win `: Hyper-V, which
 * goes by the size. (QEMU's `block/vpc.c`.)
 */
function creatorFor(size: number): { application: string; version: number; host: string } {
  const { cylinders, heads, sectors } = format.geometryOf(size);
  const bySize = size === cylinders * heads * sectors * SECTOR || cylinders * heads * sectors === 65535 * 16 * 255;
  return { application: bySize ? 'gwrt' : 'win ', version: format.CURRENT_VERSION, host: 'Wi2k' };
}

/** Characters that the header's field for a name holds. */
const MOST_NAME = 256;
const MOST_PATH = 32767;

function checkOptions({ type, size, blockSize = format.DEFAULT_BLOCK, id, parent }: CreateOptions): void {
  if (!Number.isSafeInteger(size) || size <= 0 || size % SECTOR !== 0 || size > format.MAX_DISK) {
    throw noSuchSize(size, `whole sectors of ${SECTOR} bytes, up to 2040 GB (${format.MAX_DISK} bytes)`);
  }
  if (blockSize < SECTOR || blockSize > MAX_BLOCK || !Number.isInteger(Math.log2(blockSize))) {
    throw noSuchValue('block size', `a power of two from ${SECTOR} to ${MAX_BLOCK} bytes`, `${blockSize}`);
  }
  if (size / blockSize > MAX_ENTRIES) {
    throw noSuchValue('block size', `${MAX_ENTRIES} blocks at most`, `${Math.ceil(size / blockSize)}`);
  }
  for (const given of [id, parent?.id]) {
    if (given !== undefined && !format.isUuid(given.toLowerCase())) throw noSuchValue('id', 'a UUID', given);
  }
  if ((type === 'differencing') !== (parent !== undefined)) {
    const seen = parent === undefined ? `a ${type} disk without a parent` : `a ${type} disk with a parent`;
    throw noSuchValue('type', 'a parent for a differencing disk, and for no other', seen);
  }
  if (parent === undefined) return;
  if (parent.size !== size) throw noSuchSize(size, `the size of the parent: ${parent.size} bytes`);
  const name = baseName(parent.path);
  if (name === '' || name.length > MOST_NAME || [parent.path, parent.absolutePath].some((path) => !isPath(path))) {
    throw noSuchValue('parent', `a path whose name has 1 to ${MOST_NAME} characters`, parent.path);
  }
}

function isPath(path: string | undefined): boolean {
  return path === undefined || (path.length <= MOST_PATH && !path.includes('\0'));
}
