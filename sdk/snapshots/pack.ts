/**
 * A pack: what one snapshot added to the store, as chunks that are named by the SHA-256 of their bytes.
 *
 * Layout: the 16 bytes `GUESTWRIGHT-PCK1`; zstd frames, each of some chunks one after the other; the index; and at the end the
 * index's length (32 bits), its SHA-256 and the magic again. The index is the number of frames and of chunks (32 bits each),
 * for each frame where it begins in the file, its length there, its length unpacked and the CRC-32 of what is there, and for each chunk its name (32
 * bytes), its frame, where it begins in the unpacked frame and its length. All numbers have 32 bits, little-endian, but where a
 * frame begins, which has 64. Untrusted input when read: a bundle may have brought it.
 */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { compress, decompress } from './zstd.js';

const MAGIC = Buffer.from('GUESTWRIGHT-PCK1', 'latin1');
const HASH = 32;
const FRAME_ENTRY = 20;
const CHUNK_ENTRY = HASH + 12;
const TRAILER = 4 + HASH + MAGIC.length;
/** Chunks are put into one frame until it has this many bytes. */
const FRAME_BYTES = 1 << 16;
/** No chunk is larger. */
export const MAX_CHUNK = 1 << 16;
const MAX_FRAME = FRAME_BYTES + MAX_CHUNK;
const MAX_INDEX = 1 << 28;

/** Lower-case hex SHA-256 of a chunk's bytes. */
export type ChunkName = string;

export function chunkName(bytes: Uint8Array): ChunkName {
  return createHash('sha256').update(bytes).digest('hex');
}

interface Frame {
  at: number;
  packed: number;
  size: number;
  crc: number;
}
interface Place {
  frame: number;
  at: number;
  size: number;
}

/** Writes a pack to a file that is not there yet. */
export class PackWriter {
  readonly #file: number;
  readonly #frames: Frame[] = [];
  readonly #places = new Map<ChunkName, Place>();
  #open: Uint8Array[] = [];
  #openBytes = 0;
  #end: number;

  constructor(path: string) {
    this.#file = openSync(path, 'wx', 0o600);
    this.#end = 0;
    try {
      this.#write(MAGIC);
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
  }

  get chunks(): number {
    return this.#places.size;
  }

  has(name: ChunkName): boolean {
    return this.#places.has(name);
  }

  /** The bytes are copied. One that is there already is not put a second time. */
  add(name: ChunkName, bytes: Uint8Array): void {
    if (this.#places.has(name)) return;
    if (bytes.length > MAX_CHUNK) throw new RangeError(`a chunk of ${bytes.length} bytes`);
    this.#places.set(name, { frame: this.#frames.length, at: this.#openBytes, size: bytes.length });
    this.#open.push(new Uint8Array(bytes));
    this.#openBytes += bytes.length;
    if (this.#openBytes >= FRAME_BYTES) this.#closeFrame();
  }

  #closeFrame(): void {
    if (this.#openBytes === 0) return;
    const packed = compress(Buffer.concat(this.#open));
    this.#frames.push({ at: this.#end, packed: packed.length, size: this.#openBytes, crc: crc32(packed) });
    this.#write(packed);
    this.#open = [];
    this.#openBytes = 0;
  }

  /** @returns the pack's name: lower-case hex SHA-256 of its index, which has those of its chunks */
  finish(): string {
    this.#closeFrame();
    const index = encodeIndex(this.#frames, this.#places);
    const digest = createHash('sha256').update(index).digest();
    const length = Buffer.alloc(4);
    length.writeUInt32LE(index.length);
    for (const part of [index, length, digest, MAGIC]) this.#write(part);
    return digest.toString('hex');
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) done += writeSync(this.#file, bytes, done);
    this.#end += bytes.length;
  }
}

function encodeIndex(frames: readonly Frame[], places: ReadonlyMap<ChunkName, Place>): Buffer {
  const index = Buffer.alloc(8 + frames.length * FRAME_ENTRY + places.size * CHUNK_ENTRY);
  index.writeUInt32LE(frames.length, 0);
  index.writeUInt32LE(places.size, 4);
  let at = 8;
  for (const frame of frames) {
    index.writeBigUInt64LE(BigInt(frame.at), at);
    index.writeUInt32LE(frame.packed, at + 8);
    index.writeUInt32LE(frame.size, at + 12);
    index.writeUInt32LE(frame.crc, at + 16);
    at += FRAME_ENTRY;
  }
  for (const [name, place] of places) {
    index.write(name, at, HASH, 'hex');
    index.writeUInt32LE(place.frame, at + HASH);
    index.writeUInt32LE(place.at, at + HASH + 4);
    index.writeUInt32LE(place.size, at + HASH + 8);
    at += CHUNK_ENTRY;
  }
  return index;
}

/** What is wrong with a pack or a chunk; worded by whoever knows what it was for. */
export class PackDamaged extends Error {
  constructor(
    readonly path: string,
    readonly what: string,
  ) {
    super(`${path}: ${what}`);
  }
}

/** Frames that are kept unpacked: those of one pack are read nearly in order. */
const KEPT_FRAMES = 4;

/** Reads a pack. What is open stays readable when its name is removed. */
export class PackReader {
  readonly path: string;
  /** See {@link PackWriter.finish}. */
  readonly name: string;
  readonly #file: number;
  readonly #frames: readonly Frame[];
  readonly #places: ReadonlyMap<ChunkName, Place>;
  readonly #unpacked = new Map<number, Uint8Array>();

  /** @throws PackDamaged; what the file system says where there is no such file */
  constructor(path: string) {
    this.path = path;
    this.#file = openSync(path, 'r');
    try {
      const { name, frames, places } = readIndex(this.#file, path);
      this.name = name;
      this.#frames = frames;
      this.#places = places;
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
  }

  names(): IterableIterator<ChunkName> {
    return this.#places.keys();
  }

  has(name: ChunkName): boolean {
    return this.#places.has(name);
  }

  /** Null: it is not in this pack. @throws PackDamaged when its bytes are not those that it is named by */
  read(name: ChunkName): Uint8Array | null {
    const place = this.#places.get(name);
    if (place === undefined) return null;
    const frame = this.#frame(place.frame);
    const bytes = frame.subarray(place.at, place.at + place.size);
    if (bytes.length !== place.size || chunkName(bytes) !== name) {
      throw new PackDamaged(this.path, `the chunk ${name.slice(0, 16)}… has other bytes than it is named by`);
    }
    return bytes;
  }

  #frame(number: number): Uint8Array {
    const known = this.#unpacked.get(number);
    if (known !== undefined) return known;
    const frame = this.#frames[number];
    if (frame === undefined) throw new PackDamaged(this.path, `there is no frame ${number}`);
    const packed = readAt(this.#file, this.path, frame.at, frame.packed);
    const bytes = crc32(packed) === frame.crc ? decompress(packed, frame.size) : null;
    if (bytes === null) throw new PackDamaged(this.path, `frame ${number} cannot be unpacked`);
    this.#unpacked.set(number, bytes);
    for (const oldest of this.#unpacked.keys()) {
      if (this.#unpacked.size <= KEPT_FRAMES) break;
      this.#unpacked.delete(oldest);
    }
    return bytes;
  }

  close(): void {
    closeSync(this.#file);
  }
}

function readIndex(file: number, path: string): { name: string; frames: Frame[]; places: Map<ChunkName, Place> } {
  const { size } = fstatSync(file);
  if (size < MAGIC.length + TRAILER) throw new PackDamaged(path, 'it is too short');
  const head = readAt(file, path, 0, MAGIC.length);
  const trailer = readAt(file, path, size - TRAILER, TRAILER);
  const length = trailer.readUInt32LE(0);
  if (!head.equals(MAGIC) || !trailer.subarray(4 + HASH).equals(MAGIC))
    throw new PackDamaged(path, 'it is no pack, or not all of it');
  const start = size - TRAILER - length;
  if (length < 8 || length > MAX_INDEX || start < MAGIC.length) throw new PackDamaged(path, 'its index is not in it');
  const index = readAt(file, path, start, length);
  const digest = trailer.subarray(4, 4 + HASH);
  if (!createHash('sha256').update(index).digest().equals(digest)) throw new PackDamaged(path, 'its index is damaged');
  const counts = { frames: index.readUInt32LE(0), chunks: index.readUInt32LE(4) };
  if (8 + counts.frames * FRAME_ENTRY + counts.chunks * CHUNK_ENTRY !== length) {
    throw new PackDamaged(path, 'its index has another length than it says');
  }
  const frames: Frame[] = [];
  let at = 8;
  for (let i = 0; i < counts.frames; i++, at += FRAME_ENTRY) {
    const frame = {
      at: Number(index.readBigUInt64LE(at)),
      packed: index.readUInt32LE(at + 8),
      size: index.readUInt32LE(at + 12),
      crc: index.readUInt32LE(at + 16),
    };
    if (frame.at + frame.packed > start || frame.size > MAX_FRAME)
      throw new PackDamaged(path, `frame ${i} does not fit`);
    frames.push(frame);
  }
  const places = new Map<ChunkName, Place>();
  for (let i = 0; i < counts.chunks; i++, at += CHUNK_ENTRY) {
    places.set(index.toString('hex', at, at + HASH), {
      frame: index.readUInt32LE(at + HASH),
      at: index.readUInt32LE(at + HASH + 4),
      size: index.readUInt32LE(at + HASH + 8),
    });
  }
  return { name: digest.toString('hex'), frames, places };
}

function readAt(file: number, path: string, at: number, size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  for (let done = 0; done < size;) {
    const got = readSync(file, bytes, done, size - done, at + done);
    if (got === 0) throw new PackDamaged(path, 'it ends before what it says that it has');
    done += got;
  }
  return bytes;
}
