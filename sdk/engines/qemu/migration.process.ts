/**
 * Takes QEMU's migration stream from its standard input and takes it apart (`migration-stream.ts`). A process of its own,
 * which reads as quickly as QEMU writes: on events it would take four times as long, and hold up the machines' owner.
 *
 * Arguments: the file for the rest of the stream, the file for the memory, the name of the block of memory, and its bytes.
 * Without the last three the stream is kept whole. Both files must not be there yet. Prints `{ map }` as JSON.
 */
import { closeSync, ftruncateSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { chunkMap, PIECE } from './memory-image.js';
import { StreamSplitter } from './migration-stream.js';

const BUFFER = 1 << 20;
const STDIN = 0;
const STDOUT = 1;

function writeAll(file: number, bytes: Uint8Array, at: number | null): void {
  for (let done = 0; done < bytes.length;) {
    done += writeSync(file, bytes, done, Math.min(PIECE, bytes.length - done), at === null ? null : at + done);
  }
}

function pass(to: number): void {
  const buffer = Buffer.allocUnsafe(BUFFER);
  for (;;) {
    const got = readSync(STDIN, buffer, 0, buffer.length, null);
    if (got === 0) return;
    writeAll(to, buffer.subarray(0, got), null);
  }
}

/** @returns what it is to print of the memory */
function split(to: number, memoryFile: string, block: { name: string; size: number }): string | null {
  const memory = openSync(memoryFile, 'wx', 0o600);
  const splitter = new StreamSplitter(block, {
    memory: (at, pages) => writeAll(memory, pages, at),
    rest: (bytes) => writeAll(to, bytes, null),
  });
  const buffer = Buffer.allocUnsafe(BUFFER);
  let filled = 0;
  for (;;) {
    const got = readSync(STDIN, buffer, filled, buffer.length - filled, null);
    filled += got;
    // Not by every few kilobytes: what lies next to each other is written at once.
    if (got > 0 && filled < buffer.length / 2) continue;
    const taken = splitter.take(buffer.subarray(0, filled));
    buffer.copyWithin(0, taken, filled);
    filled -= taken;
    if (got === 0) break;
  }
  const written = splitter.finish(buffer.subarray(0, filled));
  if (written !== null) ftruncateSync(memory, block.size);
  closeSync(memory);
  if (written !== null) return chunkMap(written);
  rmSync(memoryFile);
  return null;
}

const [restFile = '', memoryFile, name, size] = process.argv.slice(2);
const rest = openSync(restFile, 'wx', 0o600);
let map: string | null = null;
if (memoryFile === undefined || name === undefined) pass(rest);
else map = split(rest, memoryFile, { name, size: Number(size) });
closeSync(rest);
writeAll(STDOUT, Buffer.from(JSON.stringify({ map })), null);
