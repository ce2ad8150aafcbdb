/**
 * The memory of a guest in a file that QEMU maps as it is: every machine that starts from it has a private copy of the
 * pages that it writes to, and shares the others. The file is sparse, and what is a hole in it is neither copied nor read.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { Part } from './file-parts.js';
import { PAGE } from './migration-stream.js';

/** What is told of as data, or as none, bytes. */
export const CHUNK = 1 << 16;
/** Bytes that are written at once. With larger pieces Linux looks for larger pages: 4 MB took up to fifteen times as long. */
export const PIECE = 1 << 18;

export interface MemoryImage {
  /** The memory is at the beginning of the file; something else may follow it. */
  path: string;
  /** Bytes of the guest's memory. */
  size: number;
  /** Base64 of one bit for each 64 KB, the lowest bit of a byte first: whether there is anything but zeros. */
  map: string;
}

/** @param pages one byte for each, which is not 0 where there is data */
export function chunkMap(pages: Uint8Array): string {
  const map = Buffer.alloc(mapBytes(pages.length * PAGE));
  for (let page = 0; page < pages.length; page++) {
    if (pages[page] === 0) continue;
    const chunk = Math.floor((page * PAGE) / CHUNK);
    map[chunk >> 3] = (map[chunk >> 3] ?? 0) | (1 << (chunk & 7));
  }
  return map.toString('base64');
}

/** Bytes of the map of a memory of so many bytes. */
export function mapBytes(size: number): number {
  return Math.ceil(size / CHUNK / 8);
}

/** Where there is data, in order. Parts that meet are one. @param from a multiple of 64 KB */
export function dataIn({ size, map }: Pick<MemoryImage, 'size' | 'map'>, from = 0): Part[] {
  const bits = Buffer.from(map, 'base64');
  const parts: Part[] = [];
  for (let offset = from, chunk = from / CHUNK; offset < size; offset += CHUNK, chunk++) {
    if (((bits[chunk >> 3] ?? 0) & (1 << (chunk & 7))) === 0) continue;
    const length = Math.min(CHUNK, size - offset);
    const last = parts.at(-1);
    if (last !== undefined && last.offset + last.size === offset) last.size += length;
    else parts.push({ offset, size: length });
  }
  return parts;
}

export function dataBytes(image: Pick<MemoryImage, 'size' | 'map'>): number {
  return dataIn(image).reduce((sum, { size }) => sum + size, 0);
}

/** Writes an image to the beginning of an empty file, and gives the CRC-32 of its data. */
export async function copyImage(image: MemoryImage, out: FileHandle): Promise<number> {
  const from = await open(image.path);
  try {
    const crc = await readData(from, image, async (bytes, at) => await writeAt(out, bytes, at));
    if (crc === null) throw new Error(`${image.path} is shorter than it was`);
    await out.truncate(image.size);
    return crc;
  } finally {
    await from.close();
  }
}

/**
 * The CRC-32 of an image's data; null when the file ends before, or when there is anything where the map tells of nothing:
 * QEMU maps that too.
 */
export async function crcOfImage(file: FileHandle, image: Pick<MemoryImage, 'size' | 'map'>): Promise<number | null> {
  const crc = await readData(file, image, () => Promise.resolve());
  return crc !== null && (await isEmptyBeside(file, image)) ? crc : null;
}

async function isEmptyBeside(file: FileHandle, image: Pick<MemoryImage, 'size' | 'map'>): Promise<boolean> {
  const buffer = Buffer.allocUnsafe(PIECE);
  const nothing = Buffer.alloc(PIECE);
  let at = 0;
  for (const data of [...dataIn(image), { offset: image.size, size: 0 }]) {
    while (at < data.offset) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, data.offset - at), at);
      if (bytesRead === 0 || buffer.compare(nothing, 0, bytesRead, 0, bytesRead) !== 0) return false;
      at += bytesRead;
    }
    at = data.offset + data.size;
  }
  return true;
}

async function readData(
  file: FileHandle,
  image: Pick<MemoryImage, 'size' | 'map'>,
  use: (bytes: Uint8Array, at: number) => Promise<void>,
): Promise<number | null> {
  const buffer = Buffer.allocUnsafe(PIECE);
  let crc = 0;
  for (const { offset, size } of dataIn(image)) {
    for (let at = offset; at < offset + size;) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, offset + size - at), at);
      if (bytesRead === 0) return null;
      const bytes = buffer.subarray(0, bytesRead);
      crc = crc32(bytes, crc);
      await use(bytes, at);
      at += bytesRead;
    }
  }
  return crc;
}

async function writeAt(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
  }
}
