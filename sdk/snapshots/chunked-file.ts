/**
 * A file as chunks: its pages of 4096 bytes, each named by its bytes, those of zeros not at all. The names are chunks too, 256
 * in each, so that of two nearly equal files even the tables are nearly all shared.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { chunkName, type ChunkName } from './pack.js';

export const PAGE = 4096;
/** Pages whose names are in one table. */
export const TABLE_PAGES = 256;
const HASH = 32;
const TABLE_BYTES = TABLE_PAGES * PAGE;

export interface ChunkedFile {
  /** Bytes. */
  size: number;
  /** Names of the tables, each for 1 MB of the file; null: only zeros. */
  tables: (ChunkName | null)[];
}

export interface ChunkSink {
  /** Whether a chunk of this name need not be given. */
  has(name: ChunkName): boolean;
  /** The bytes are only valid during the call. */
  add(name: ChunkName, bytes: Uint8Array): void;
}

/** Gives every chunk of a file that the sink has not. */
export function chunkFile(path: string, sink: ChunkSink): ChunkedFile {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const tables: (ChunkName | null)[] = [];
    const buffer = Buffer.allocUnsafe(TABLE_BYTES);
    for (let at = 0; at < size; at += TABLE_BYTES) {
      const bytes = buffer.subarray(0, Math.min(TABLE_BYTES, size - at));
      readAll(file, bytes, at);
      tables.push(chunkTable(bytes, sink));
    }
    return { size, tables };
  } finally {
    closeSync(file);
  }
}

const ZEROS = Buffer.alloc(TABLE_BYTES);

function chunkTable(bytes: Buffer, sink: ChunkSink): ChunkName | null {
  if (bytes.equals(ZEROS.subarray(0, bytes.length))) return null;
  const table = Buffer.alloc(Math.ceil(bytes.length / PAGE) * HASH);
  for (let page = 0; page * PAGE < bytes.length; page++) {
    const content = bytes.subarray(page * PAGE, (page + 1) * PAGE);
    if (content.equals(ZEROS.subarray(0, content.length))) continue;
    const name = chunkName(content);
    table.write(name, page * HASH, HASH, 'hex');
    if (!sink.has(name)) sink.add(name, content);
  }
  const name = chunkName(table);
  if (!sink.has(name)) sink.add(name, table);
  return name;
}

/** What a file's chunks are read from. @throws whatever says that one is not there, or damaged */
export type ChunkReader = (name: ChunkName) => Uint8Array;

/** All chunks of a file, its tables too. */
export function* chunksOf({ tables }: ChunkedFile, read: ChunkReader): Generator<ChunkName> {
  for (const table of tables) {
    if (table === null) continue;
    yield table;
    for (const name of namesIn(read(table))) if (name !== null) yield name;
  }
}

function* namesIn(table: Uint8Array): Generator<ChunkName | null> {
  const bytes = Buffer.from(table.buffer, table.byteOffset, table.byteLength);
  for (let at = 0; at < bytes.length; at += HASH) {
    const name = bytes.toString('hex', at, at + HASH);
    yield /^0+$/.test(name) ? null : name;
  }
}

/** Writes the file, sparse, to a path where there is none yet. */
export function writeChunked({ size, tables }: ChunkedFile, read: ChunkReader, path: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    ftruncateSync(file, size);
    for (const [i, table] of tables.entries()) {
      if (table === null) continue;
      let at = i * TABLE_BYTES;
      for (const name of namesIn(read(table))) {
        // The last page may be cut.
        if (name !== null) writeAll(file, read(name).subarray(0, Math.max(0, size - at)), at);
        at += PAGE;
      }
    }
  } finally {
    closeSync(file);
  }
}

function readAll(file: number, bytes: Buffer, at: number): void {
  for (let done = 0; done < bytes.length;) {
    const got = readSync(file, bytes, done, bytes.length - done, at + done);
    if (got === 0) throw new Error('the file became shorter while it was read');
    done += got;
  }
}

function writeAll(file: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done, bytes.length - done, at + done);
}
