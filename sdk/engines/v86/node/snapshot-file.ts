/**
 * An exported snapshot: a whole machine in a file. Untrusted input when read: everything is checked, and the file's
 * digest with it.
 *
 * Layout: the 16 bytes `GUESTWRIGHT-SNP1`; SHA-256 (32 bytes) of all that follows; a 32-bit little-endian length and as
 * much JSON; then the byte arrays that the JSON refers to, one after the other. Of memory only pages that are not zero
 * are kept.
 */
import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { z } from 'zod';
import { GuestwrightError } from '../../../errors.js';
import { decodeBinary, encodeBinary } from '../core/device-state.js';
import type { CoreSnapshot } from '../core/machine.js';

const MAGIC = 'GUESTWRIGHT-SNP1';
const DIGEST = 32;
const PAGE = 65_536;
/** 4 GiB of WebAssembly memory. */
const MAX_PAGES = 65_536;

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
  pageCount: z.number().int().min(1).max(MAX_PAGES),
  pages: z.array(z.number().int().nonnegative().max(MAX_PAGES)),
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
  const pages: number[] = [];
  for (let page = 0; page * PAGE < memory.length; page++) {
    if (!isZero(memory.subarray(page * PAGE, (page + 1) * PAGE))) pages.push(page);
  }
  const kept = new Uint8Array(pages.length * PAGE);
  for (const [i, page] of pages.entries()) kept.set(memory.subarray(page * PAGE, (page + 1) * PAGE), i * PAGE);
  const { json, buffers } = encodeBinary({ ...rest, identity, pageCount: memory.length / PAGE, pages, memory: kept });
  const text = Buffer.from(JSON.stringify({ lengths: buffers.map((buffer) => buffer.length), json }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  const pieces = [length, text, ...buffers];
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

const envelope = z.strictObject({ lengths: z.array(z.number().int().nonnegative()), json: z.string() });

/** @throws GuestwrightError `usage/state-invalid` (damaged or no state), `usage/state-of-another-machine` */
export function readSnapshotFile(file: Buffer, name: string, identity: string): CoreSnapshot {
  const invalid = (seen: string): GuestwrightError =>
    new GuestwrightError(`The saved state ${name} cannot be used`, {
      kind: 'usage',
      code: 'state-invalid',
      expected: 'an undamaged file that machine.saveState() wrote',
      seen,
      next: 'save the state again',
    });
  const start = MAGIC.length + DIGEST;
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
    buffers.push(new Uint8Array(file.subarray(at, at + length)));
    at += length;
  }
  if (at !== file.length) throw invalid('a length that does not fit its header');
  const result = header.safeParse(decodeBinary(json, buffers));
  if (!result.success) throw invalid(z.prettifyError(result.error));
  const { identity: from, pageCount, pages, memory: kept, ...rest } = result.data;
  if (from !== identity) {
    throw new GuestwrightError(`The saved state ${name} is of another machine`, {
      kind: 'usage',
      code: 'state-of-another-machine',
      expected: 'a state of the same engine build, firmware, hardware and media',
      seen: `a state with the identity ${from.slice(0, 16)}…, this machine has ${identity.slice(0, 16)}…`,
      next: 'launch with the spec that the state was saved with, or save it anew',
    });
  }
  if (kept.length !== pages.length * PAGE || pages.some((page) => page >= pageCount))
    throw invalid('pages that do not fit');
  const memory = new Uint8Array(pageCount * PAGE);
  for (const [i, page] of pages.entries()) memory.set(kept.subarray(i * PAGE, (i + 1) * PAGE), page * PAGE);
  return { ...rest, memory };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isZero(page: Uint8Array): boolean {
  const words = new BigUint64Array(page.buffer, page.byteOffset, page.length / 8);
  return words.every((word) => word === 0n);
}
