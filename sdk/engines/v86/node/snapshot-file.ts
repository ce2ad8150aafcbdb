/** Exported snapshots as files: see `../core/snapshot-bytes.ts`. Untrusted input when read, whose digest is checked here. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { stateInvalid } from '../../state-errors.js';
import { encodeBinary } from '../core/device-state.js';
import type { CoreSnapshot } from '../core/machine.js';
import { aligned, decodeSnapshot, DIGEST_BYTES, digestedPart, MAGIC } from '../core/snapshot-bytes.js';

export function writeSnapshotFile(file: string, snapshot: CoreSnapshot, identity: string): void {
  const { memory, ...rest } = snapshot;
  const pages = new Uint8Array(memory.pages.slice().buffer);
  const { json, buffers } = encodeBinary({ ...rest, identity, length: memory.length, pages, memory: memory.bytes });
  const text = Buffer.from(JSON.stringify({ lengths: buffers.map((buffer) => buffer.length), json }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  const pieces: Uint8Array[] = [length, text];
  let end = MAGIC.length + DIGEST_BYTES + length.length + text.length;
  for (const buffer of buffers) {
    const gap = aligned(end) - end;
    pieces.push(new Uint8Array(gap), buffer);
    end += gap + buffer.length;
  }
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  const out = openSync(file, 'wx', 0o600);
  try {
    for (const piece of [Buffer.from(MAGIC, 'latin1'), hash.digest(), ...pieces]) writeAll(out, piece);
  } finally {
    closeSync(out);
  }
}

function writeAll(out: number, piece: Uint8Array): void {
  for (let at = 0; at < piece.length;) at += writeSync(out, piece, at);
}

/** @throws GuestwrightError `usage/state-invalid` (damaged or no state), `usage/state-of-another-machine` */
export function readSnapshotFile(file: Buffer, name: string, identity: string): CoreSnapshot {
  const part = digestedPart(file);
  if (part !== null && !createHash('sha256').update(part.content).digest().equals(part.digest)) {
    throw stateInvalid(name, 'a digest that does not fit the content');
  }
  return decodeSnapshot(file, name, identity);
}
