/**
 * An exported snapshot: a whole machine in a file. Untrusted input when read: everything is checked, and the file's
 * digest with it.
 *
 * Layout: the 16 bytes `GUESTWRIGHT-SNP2`; SHA-256 (32 bytes) of all that follows; a 32-bit little-endian length and as
 * much JSON; then the byte arrays that the JSON refers to, each beginning at a multiple of 4096, so that what is the same in
 * two states is found to be the same. Of memory only pages that are not zero are kept.
 */
import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { z } from 'zod';
import type { GuestwrightError } from '../../../errors.js';
import { stateInvalid, stateOfAnotherMachine } from '../../state-errors.js';
import { decodeBinary, encodeBinary } from '../core/device-state.js';
import type { CoreSnapshot } from '../core/machine.js';
import { PAGE, type SparseMemory } from '../core/sparse-memory.js';

const MAGIC = 'GUESTWRIGHT-SNP2';
/** In which the arrays followed each other without gaps. */
const OLD_MAGIC = 'GUESTWRIGHT-SNP1';
const DIGEST = 32;
const WASM_PAGE = 65_536;
/** WebAssembly's limit, bytes. */
const MAX_LENGTH = 2 ** 32;

const bytes = z.instanceof(Uint8Array);
const power = z.enum(['running', 'off', 'halted', 'crashed']);
const medium = z.strictObject({
  source: z.union([
    z.strictObject({ kind: z.literal('file'), path: z.string(), size: z.number().int().nonnegative() }),
    z.strictObject({ kind: z.literal('bytes'), bytes }),
    z.strictObject({ kind: z.literal('blank'), size: z.number().int().nonnegative() }),
  ]),
  digest: z.string(),
  overlay: z.union([
    z.strictObject({ kind: z.enum(['memory', 'none']) }),
    z.strictObject({ kind: z.literal('file'), path: z.string() }),
  ]),
});
const header = z.strictObject({
  identity: z.string(),
  tick: z.number().int().nonnegative(),
  clock: z.strictObject({ last: z.number(), high: z.number(), idle: z.number(), reads: z.number() }),
  random: z.number().int(),
  /** Bytes of the whole memory. */
  length: z.number().int().min(WASM_PAGE).max(MAX_LENGTH).multipleOf(WASM_PAGE),
  /** Page numbers, 32 bits each, little-endian. */
  pages: bytes,
  memory: bytes,
  devices: z.custom<CoreSnapshot['devices']>(isDeviceSnapshot, 'not the state of devices'),
  overlays: z.map(z.string(), z.map(z.number().int().nonnegative(), bytes)),
  media: z.map(z.string(), medium),
  power,
  detail: z.string().nullable(),
  serial: z.array(bytes),
});

/** The graph's values are checked again, one by one, when they are put into the devices. */
function isDeviceSnapshot(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('graph' in value) || !('movedPorts' in value)) return false;
  const { graph, movedPorts } = value;
  return (
    Array.isArray(movedPorts) &&
    typeof graph === 'object' &&
    graph !== null &&
    'contents' in graph &&
    Array.isArray(graph.contents)
  );
}

export function writeSnapshotFile(file: string, snapshot: CoreSnapshot, identity: string): void {
  const { memory, ...rest } = snapshot;
  const pages = new Uint8Array(memory.pages.slice().buffer);
  const { json, buffers } = encodeBinary({ ...rest, identity, length: memory.length, pages, memory: memory.bytes });
  const text = Buffer.from(JSON.stringify({ lengths: buffers.map((buffer) => buffer.length), json }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  const pieces: Uint8Array[] = [length, text];
  let end = MAGIC.length + DIGEST + length.length + text.length;
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

function aligned(offset: number): number {
  return Math.ceil(offset / PAGE) * PAGE;
}

function writeAll(out: number, piece: Uint8Array): void {
  for (let at = 0; at < piece.length;) at += writeSync(out, piece, at);
}

const envelope = z.strictObject({ lengths: z.array(z.number().int().nonnegative()), json: z.string() });

/** @throws GuestwrightError `usage/state-invalid` (damaged or no state), `usage/state-of-another-machine` */
export function readSnapshotFile(file: Buffer, name: string, identity: string): CoreSnapshot {
  const invalid = (seen: string): GuestwrightError => stateInvalid(name, seen);
  const start = MAGIC.length + DIGEST;
  if (file.toString('latin1', 0, MAGIC.length) === OLD_MAGIC) throw invalid('the format of an older Guestwright');
  if (file.length < start + 4 || file.toString('latin1', 0, MAGIC.length) !== MAGIC)
    throw invalid('another kind of file');
  const digest = createHash('sha256').update(file.subarray(start)).digest();
  if (!digest.equals(file.subarray(MAGIC.length, start))) throw invalid('a digest that does not fit the content');
  const textEnd = start + 4 + file.readUInt32LE(start);
  const parsed = envelope.safeParse(parseJson(file.toString('utf8', start + 4, textEnd)));
  if (!parsed.success) throw invalid('a header that is not valid');
  const { lengths, json } = parsed.data;
  const buffers: Uint8Array[] = [];
  let at = textEnd;
  for (const length of lengths) {
    at = aligned(at);
    buffers.push(new Uint8Array(file.subarray(at, at + length)));
    at += length;
  }
  if (at !== file.length) throw invalid('a length that does not fit its header');
  const result = header.safeParse(decodeBinary(json, buffers));
  if (!result.success) throw invalid(z.prettifyError(result.error));
  const { identity: from, length, pages: pageBytes, memory: kept, ...rest } = result.data;
  if (from !== identity) throw stateOfAnotherMachine(name, from, identity);
  const memory = sparseMemory(length, pageBytes, kept);
  if (memory === null) throw invalid('pages that do not fit');
  return { ...rest, memory };
}

/** Null when the pages are not ascending, not within the memory, or not as many as their bytes. */
function sparseMemory(length: number, pageBytes: Uint8Array, bytes: Uint8Array): SparseMemory | null {
  if (pageBytes.length % 4 !== 0) return null;
  const pages = new Uint32Array(pageBytes.slice().buffer);
  if (bytes.length !== pages.length * PAGE) return null;
  const fit = pages.every((page, i) => (page + 1) * PAGE <= length && (i === 0 || page > (pages[i - 1] ?? 0)));
  return fit ? { length, pages, bytes } : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
