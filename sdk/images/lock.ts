/**
 * `images.lock`: which packages an image is made of, and which bytes come out; likewise for the fonts that screens are
 * read with. It belongs to a project and is committed with it, because goldens and state hashes hold only for the same
 * bytes.
 */
import { dirname, join, parse, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { GuestwrightError } from '../errors.js';
import { exists, readIfThere, writeWhole } from './files.js';

export const LOCK_NAME = 'images.lock';

const digest = z.string().regex(/^[0-9a-f]{64}$/, 'a lower-case hex SHA-256');
/** Names become parts of paths and of package tools' arguments: nothing but these characters. */
export const imageName = z.string().regex(/^[a-z0-9][a-z0-9.+_-]{1,63}$/, 'a name of a-z, 0-9 and .+_-');
export const partName = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'a part of a-z, 0-9 and ._-');

export const partEntry = z.strictObject({ size: z.int().nonnegative(), sha256: digest });
export const pinnedPackage = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9.+-]+$/),
  architecture: z.string().regex(/^[a-z0-9-]+$/),
  version: z.string().regex(/^[0-9A-Za-z][0-9A-Za-z.+:~-]*$/),
  sha256: digest,
});

/** An image that a recipe builds. */
const builtEntry = z.strictObject({
  source: z.literal('recipe'),
  revision: z.int().positive(),
  packages: z.array(pinnedPackage).min(1),
  parts: z.record(partName, partEntry),
});
/** An image that a user brought; only its digests are known. */
const importedEntry = z.strictObject({ source: z.literal('import'), parts: z.record(partName, partEntry) });

export const lockEntry = z.discriminatedUnion('source', [builtEntry, importedEntry]);
const lockFile = z.strictObject({
  version: z.literal(1),
  images: z.record(imageName, lockEntry),
  fonts: z.record(imageName, builtEntry).optional(),
});

/** What is built and kept, as parts of the lock and as folders of the cache. */
export type Shelf = 'images' | 'fonts';

export type PartEntry = z.infer<typeof partEntry>;
export type BuiltEntry = z.infer<typeof builtEntry>;
export type LockEntry = z.infer<typeof lockEntry>;
export type ImagesLock = z.infer<typeof lockFile>;

/** The lock that this package was released with: what its own scenarios and goldens were made with. */
export function shippedLockPath(): string {
  // Compiled, this file is dist/sdk/images/lock.js; the lock is beside package.json.
  return fileURLToPath(new URL(`../../../${LOCK_NAME}`, import.meta.url));
}

/**
 * Where a project keeps its lock: in the nearest folder upwards that has one, else beside the nearest
 * `package.json`. Null outside of any project: nothing is written then.
 */
export async function findLockPath(from: string = process.cwd()): Promise<string | null> {
  return (await nearest(from, LOCK_NAME)) ?? (await besidePackage(from));
}

async function besidePackage(from: string): Promise<string | null> {
  const found = await nearest(from, 'package.json');
  return found === null ? null : join(dirname(found), LOCK_NAME);
}

async function nearest(from: string, name: string): Promise<string | null> {
  let folder = resolve(from);
  const { root } = parse(folder);
  for (;;) {
    const candidate = join(folder, name);
    if (await exists(candidate)) return candidate;
    if (folder === root) return null;
    folder = dirname(folder);
  }
}

/** Reads a lock; a file that is not there is an empty lock. */
export async function readLock(path: string): Promise<ImagesLock> {
  const text = await readIfThere(path);
  if (text === null) return { version: 1, images: {} };
  const known = readLocks.get(path);
  if (known?.text === text) return known.lock;
  const lock = parseLock(path, text);
  readLocks.set(path, { text, lock });
  return lock;
}

/** As they were read last: a lock is long, and every launch looks into it. */
const readLocks = new Map<string, { text: string; lock: ImagesLock }>();

function parseLock(path: string, text: string): ImagesLock {
  const parsed = lockFile.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new GuestwrightError(`${path} cannot be read`, {
    kind: 'usage',
    code: 'lock-invalid',
    expected: 'a lock as `guestwright images build` writes it',
    seen: issue ? `${issue.path.join('.') || 'the file'}: ${issue.message}` : 'something else',
    next: `Take the file from version control again, or delete it and run \`npx guestwright images build NAME\`.`,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** What a lock says of an image, or of fonts; null if nothing. */
export function lockedEntry(lock: ImagesLock, name: string, shelf: Shelf): LockEntry | null {
  return lock[shelf]?.[name] ?? null;
}

/** Sets one entry (null removes it) and leaves the others as they are in the file now. */
export async function updateLock(
  path: string,
  name: string,
  entry: LockEntry | null,
  shelf: Shelf = 'images',
): Promise<void> {
  const lock = await readLock(path);
  const others = Object.entries<LockEntry>(lock[shelf] ?? {}).filter(([other]) => other !== name);
  const all: [string, LockEntry][] = entry === null ? others : [...others, [name, entry]];
  const sorted = all.toSorted(([a], [b]) => (a < b ? -1 : 1));
  await writeWhole(path, `${JSON.stringify({ ...lock, [shelf]: Object.fromEntries(sorted) }, null, 2)}\n`);
}

/** Tells apart what differs between two locks' entries in words, one line per package or part. */
export function describeDifference(expected: BuiltEntry, seen: BuiltEntry): { expected: string; seen: string } {
  const wanted: string[] = [];
  const found: string[] = [];
  const differ = (label: string, a: string | undefined, b: string | undefined) => {
    if (a === b) return;
    wanted.push(`${label} ${a ?? 'not there'}`);
    found.push(`${label} ${b ?? 'not there'}`);
  };
  const packageOf = (entry: BuiltEntry, name: string) => {
    const one = entry.packages.find((candidate) => candidate.name === name);
    return one && `${one.version} (SHA-256 ${one.sha256.slice(0, 16)}…)`;
  };
  const partOf = (entry: BuiltEntry, name: string) => {
    const one = entry.parts[name];
    return one && `${one.size} bytes, SHA-256 ${one.sha256.slice(0, 16)}…`;
  };
  differ('recipe revision', String(expected.revision), String(seen.revision));
  const packages = new Set([...expected.packages, ...seen.packages].map(({ name }) => name));
  for (const name of packages) differ(name, packageOf(expected, name), packageOf(seen, name));
  const parts = new Set([...Object.keys(expected.parts), ...Object.keys(seen.parts)]);
  for (const name of parts) differ(`part ${name}`, partOf(expected, name), partOf(seen, name));
  return { expected: wanted.join('\n'), seen: found.join('\n') };
}
