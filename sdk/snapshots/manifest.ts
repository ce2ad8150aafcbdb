/** What the store knows of a snapshot: one small file each, its checksum on its first line. */
import { z } from 'zod';
import { decodeChecked, encodeChecked } from './checked-text.js';

const VERSION = 1;
const digest = z.string().regex(/^[0-9a-f]{64}$/, 'a lower-case hex SHA-256');
const count = z.int().nonnegative();
/** Names become parts of paths: nothing but these characters, and no dot at the beginning. */
const plainName = z
  .string()
  .regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/, 'letters, digits, "-", "_" and ".", 100 at most');
/** The same, and `:` within: see `nameFile`. */
export const snapshotName = z
  .string()
  .regex(/^[A-Za-z0-9_-][A-Za-z0-9._:-]{0,99}$/, 'letters, digits, "-", "_", "." and ":", 100 at most');

/** The file of a name: there are file systems that have no ":" in theirs. */
export function nameFile(name: string): string {
  return snapshotName.parse(name).replaceAll(':', '%3A');
}

/** The name that a file is of. */
export function nameOfFile(file: string): string {
  return file.replaceAll('%3A', ':');
}

const file = z
  .strictObject({ size: count, tables: z.array(digest.nullable()) })
  .refine(({ size, tables }) => tables.length === Math.ceil(size / (256 * 4096)), 'as many tables as megabytes');

const manifest = z.strictObject({
  version: z.literal(VERSION),
  /** Names what it is a snapshot of; two of one key are the same. */
  key: digest,
  engine: z.string(),
  /** See `EngineMachine.identity`. */
  identity: digest,
  /** Guest time, ms. */
  time: z.number().nonnegative(),
  /** When it was put, ISO 8601. */
  created: z.iso.datetime(),
  /** Key of the snapshot before it, whether that is still there or not. */
  parent: digest.nullable(),
  files: z.record(plainName, file),
  /** Names of the packs that all of its chunks are in. */
  packs: z.array(digest),
});
export type Manifest = z.output<typeof manifest>;

export function encodeManifest(content: Manifest): string {
  return encodeChecked(JSON.stringify(content));
}

export const MANIFEST_VERSION = VERSION;

export type ReadManifest = { outcome: 'read'; manifest: Manifest } | { outcome: 'damaged'; what: string };

export function decodeManifest(text: string): ReadManifest {
  const json = decodeChecked(text);
  if (json === null) return { outcome: 'damaged', what: 'its checksum does not fit' };
  const parsed = manifest.safeParse(parseJson(json));
  return parsed.success
    ? { outcome: 'read', manifest: parsed.data }
    : { outcome: 'damaged', what: z.prettifyError(parsed.error) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
