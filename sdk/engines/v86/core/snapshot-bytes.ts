/**
 * An exported snapshot as bytes: a whole machine. Untrusted input: all of it is checked but the digest over it, which is the
 * business of whoever has read it (Node and browsers digest in different ways).
 *
 * Layout: the 16 bytes `GUESTWRIGHT-SNP2`; SHA-256 (32 bytes) of all that follows; a 32-bit little-endian length and as
 * much JSON; then the byte arrays that the JSON refers to, each beginning at a multiple of 4096, so that what is the same in
 * two states is found to be the same. Of memory only pages that are not zero are kept.
 */
import { z } from 'zod';
import type { GuestwrightError } from '../../../errors.js';
import { stateInvalid, stateOfAnotherMachine } from '../../state-errors.js';
import { decodeBinary } from './device-state.js';
import type { CoreSnapshot } from './machine.js';
import { PAGE, type SparseMemory } from './sparse-memory.js';

export const MAGIC = 'GUESTWRIGHT-SNP2';
/** In which the arrays followed each other without gaps. */
const OLD_MAGIC = 'GUESTWRIGHT-SNP1';
export const DIGEST_BYTES = 32;
const WASM_PAGE = 65_536;
/** WebAssembly's limit, bytes. */
const MAX_LENGTH = 2 ** 32;

const bytes = z.instanceof(Uint8Array);
const power = z.enum(['running', 'off', 'halted', 'crashed']);
const medium = z.strictObject({
  source: z.union([
    z.strictObject({ kind: z.literal('file'), path: z.string(), size: z.number().int().nonnegative() }),
    z.strictObject({
      kind: z.literal('vhd'),
      paths: z.tuple([z.string()], z.string()),
      size: z.number().int().nonnegative(),
    }),
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

export function aligned(offset: number): number {
  return Math.ceil(offset / PAGE) * PAGE;
}

const envelope = z.strictObject({ lengths: z.array(z.number().int().nonnegative()), json: z.string() });

/** What the digest is of, and the digest; null: it is no snapshot. */
export function digestedPart(file: Uint8Array): { content: Uint8Array; digest: Uint8Array } | null {
  const start = MAGIC.length + DIGEST_BYTES;
  if (file.length < start + 4 || magicOf(file) !== MAGIC) return null;
  return { content: file.subarray(start), digest: file.subarray(MAGIC.length, start) };
}

function magicOf(file: Uint8Array): string {
  return String.fromCharCode(...file.subarray(0, MAGIC.length));
}

/**
 * @param file of which the digest has been checked
 * @param name for messages
 * @throws GuestwrightError `usage/state-invalid` (damaged or no state), `usage/state-of-another-machine`
 */
export function decodeSnapshot(file: Uint8Array, name: string, identity: string): CoreSnapshot {
  const invalid = (seen: string): GuestwrightError => stateInvalid(name, seen);
  if (magicOf(file) === OLD_MAGIC) throw invalid('the format of an older Guestwright');
  const start = MAGIC.length + DIGEST_BYTES;
  if (digestedPart(file) === null) throw invalid('another kind of file');
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const textEnd = start + 4 + view.getUint32(start, true);
  const parsed = envelope.safeParse(parseJson(new TextDecoder().decode(file.subarray(start + 4, textEnd))));
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
