/**
 * The cache of what is built: one folder per image and content, `images/NAME/KEY/PART`, where the key is made of the
 * parts' digests; `fonts/NAME/KEY/PART` for fonts. A folder appears whole, by a rename, and is never changed.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { processExists } from '../lock.js';
import { cacheFolder, digestOfFile, exists, isMissing, readIfThere, sha256, writeWhole } from './files.js';
import { lockEntry, type LockEntry, type PartEntry, type Shelf } from './lock.js';

type Parts = Readonly<Record<string, PartEntry>>;

export function shelfFolder(shelf: Shelf = 'images'): string {
  return join(cacheFolder(), shelf);
}

/** The folder of an image with exactly these parts, whether it is there or not. */
export function contentFolder(name: string, parts: Parts, shelf: Shelf = 'images'): string {
  const content = Object.entries(parts)
    .map(([part, { sha256: digest }]) => `${part} ${digest}\n`)
    .sort()
    .join('');
  return join(shelfFolder(shelf), name, sha256(content).slice(0, 24));
}

/** Whether all parts are in the cache and are what their digests say. */
export async function isStored(name: string, parts: Parts, shelf: Shelf = 'images'): Promise<boolean> {
  const folder = contentFolder(name, parts, shelf);
  for (const [part, { size, sha256: digest }] of Object.entries(parts)) {
    const file = join(folder, part);
    if (!(await exists(file))) return false;
    const seen = await digestOfFile(file);
    if (seen.size !== size || seen.sha256 !== digest) return false;
  }
  return true;
}

/** Which content of an image was last built or imported here; used where no project's lock says which is wanted. */
export async function latestEntry(name: string, shelf: Shelf = 'images'): Promise<LockEntry | null> {
  const text = await readIfThere(join(shelfFolder(shelf), name, 'latest.json'));
  if (text === null) return null;
  try {
    return lockEntry.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/**
 * Puts an image's parts into the cache. If another process was first with the same content, that is used.
 *
 * @param fill writes every part into the folder that it is given
 */
export async function store(
  name: string,
  entry: LockEntry,
  fill: (folder: string) => Promise<void>,
  shelf: Shelf = 'images',
): Promise<void> {
  const target = contentFolder(name, entry.parts, shelf);
  const isThere = () => isStored(name, entry.parts, shelf);
  if (!(await isThere())) {
    await withScratch(async (scratch) => {
      await fill(scratch);
      await writeFile(join(scratch, 'image.json'), `${JSON.stringify({ name, ...entry }, null, 2)}\n`);
      await mkdir(join(shelfFolder(shelf), name), { recursive: true });
      await putInPlace(scratch, target, isThere);
    });
  }
  await writeWhole(join(shelfFolder(shelf), name, 'latest.json'), `${JSON.stringify(entry, null, 2)}\n`);
}

async function putInPlace(scratch: string, target: string, isThere: () => Promise<boolean>): Promise<void> {
  try {
    await rename(scratch, target);
  } catch (error) {
    const taken = error instanceof Error && 'code' in error && (error.code === 'ENOTEMPTY' || error.code === 'EEXIST');
    if (!taken) throw error;
    if (await isThere()) return;
    // What is there is damaged: it makes way.
    await rename(target, `${scratch}-damaged`);
    await rename(scratch, target);
    await rm(`${scratch}-damaged`, { recursive: true, force: true });
  }
}

/** Runs `work` with a new empty folder on the cache's disk, which is gone afterwards. */
export async function withScratch<T>(work: (folder: string) => Promise<T>): Promise<T> {
  await sweepScratch();
  const folder = join(shelfFolder(), `.scratch-${process.pid}-${randomUUID()}`);
  await mkdir(folder, { recursive: true });
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Removes what processes that were killed left behind. */
async function sweepScratch(): Promise<void> {
  for (const name of await namesIn(shelfFolder())) {
    const pid = /^\.scratch-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || processExists(Number(pid))) continue;
    await rm(join(shelfFolder(), name), { recursive: true, force: true });
  }
}

/** Names of images that have anything in the cache. */
export async function storedNames(): Promise<string[]> {
  const names = await namesIn(shelfFolder());
  return names.filter((name) => !name.startsWith('.')).sort();
}

/** Removes every content of an image from the cache; says whether there was any. */
export async function removeStored(name: string): Promise<boolean> {
  const folder = join(shelfFolder(), name);
  if (!(await exists(folder))) return false;
  await rm(folder, { recursive: true, force: true });
  return true;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
