/** Parts of files: copied, and checked for damage by their CRC-32. */
import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

export interface Part {
  /** Bytes. */
  offset: number;
  size: number;
}

const CHUNK = 1 << 20;

/** Copies a part of a file into a new file; what was there is replaced. */
export async function copyPart(from: string, part: Part, to: string): Promise<void> {
  const out = await open(to, 'w', 0o600);
  try {
    await appendPart(from, part, out);
  } finally {
    await out.close();
  }
}

/** Appends a part of a file to another, and gives its CRC-32. A part that goes over the end is filled up with zeros. */
export async function appendPart(from: string, { offset, size }: Part, out: FileHandle): Promise<number> {
  let crc = 0;
  let left = size;
  const write = async (chunk: Uint8Array): Promise<void> => {
    crc = crc32(chunk, crc);
    left -= chunk.length;
    await out.writeFile(chunk);
  };
  if (size > 0) {
    const stream = createReadStream(from, { start: offset, end: offset + size - 1, highWaterMark: CHUNK });
    for await (const chunk of stream) await write(chunk as Buffer);
  }
  while (left > 0) await write(new Uint8Array(Math.min(left, CHUNK)));
  return crc;
}

/** The CRC-32 of a part; null when the file ends before. */
export async function crcOfPart(file: FileHandle, { offset, size }: Part): Promise<number | null> {
  const buffer = new Uint8Array(Math.min(size, 4 * CHUNK));
  let crc = 0;
  for (let at = 0; at < size;) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, size - at), offset + at);
    if (bytesRead === 0) return null;
    crc = crc32(buffer.subarray(0, bytesRead), crc);
    at += bytesRead;
  }
  return crc;
}
