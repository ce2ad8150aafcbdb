/** Small file helpers of the image cache: folders, digests, and files that appear whole or not at all. */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';

/** Where Guestwright keeps what it can make again: `GUESTWRIGHT_CACHE`, else the system's folder for caches. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.GUESTWRIGHT_CACHE) return environment.GUESTWRIGHT_CACHE;
  if (environment.XDG_CACHE_HOME) return join(environment.XDG_CACHE_HOME, 'guestwright');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'guestwright');
  if (process.platform === 'win32' && environment.LOCALAPPDATA) {
    return join(environment.LOCALAPPDATA, 'guestwright', 'Cache');
  }
  return join(homedir(), '.cache', 'guestwright');
}

/**
 * Writes beside, then renames: a reader sees the old bytes or the new ones, never half of them.
 * @param mode of the file; default: what new files have
 */
export async function writeWhole(path: string, data: string | Uint8Array, mode?: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const beside = `${path}.${process.pid}-${randomUUID()}.part`;
  try {
    await writeFile(beside, data, mode === undefined ? {} : { mode });
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

/** Lower-case hex SHA-256 of a file's bytes. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

/** The file's text, or null if there is no such file. */
export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

const digestNote = z.object({ path: z.string(), stamp: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/) });

/** Hashing less than this is cheaper than a note about it. */
const NOTE_FROM_BYTES = 8 << 20;

/**
 * SHA-256 and size of a file. The digest of a big file is remembered, in this process and in the cache, by path, size, inode and time of
 * change, so that it is read once and not at every start.
 */
export async function digestOfFile(path: string): Promise<{ size: number; sha256: string }> {
  const { size, mtimeNs, ctimeNs, ino } = await stat(path, { bigint: true });
  const stamp = [size, mtimeNs, ctimeNs, ino].join(' ');
  const known = knownDigests.get(path);
  if (known?.stamp === stamp) return { size: Number(size), sha256: known.sha256 };
  const sha256OfIt = size < NOTE_FROM_BYTES ? await sha256OfFile(path) : await notedDigest(path, stamp);
  // A file that was written to just now may be written to again without a difference that its time shows.
  const age = BigInt(Date.now()) - ctimeNs / 1_000_000n;
  if (age > SETTLED_MS) knownDigests.set(path, { stamp, sha256: sha256OfIt });
  return { size: Number(size), sha256: sha256OfIt };
}

/** Of this process: machines are launched from the same images again and again. */
const knownDigests = new Map<string, { stamp: string; sha256: string }>();
const SETTLED_MS = 2_000n;

async function notedDigest(path: string, stamp: string): Promise<string> {
  const noteFile = join(cacheFolder(), 'digests', `${sha256(path)}.json`);
  const text = await readIfThere(noteFile);
  const note = text === null ? null : parseNote(text);
  if (note?.path === path && note.stamp === stamp) return note.sha256;
  const digest = await sha256OfFile(path);
  await writeWhole(noteFile, JSON.stringify({ path, stamp, sha256: digest }));
  return digest;
}

/** A damaged note is no note: the file is simply hashed again. */
function parseNote(text: string): z.infer<typeof digestNote> | null {
  try {
    return digestNote.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
