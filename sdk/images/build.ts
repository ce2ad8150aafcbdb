/** Builds an image (or fonts) from its recipe, held to `images.lock`. */
import { mkdtemp, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GuestwrightError } from '../errors.js';
import { contextOfInstalled, contextOfPackages, type Room } from './context.js';
import { DebianArchive, type Drift, type PinnedPackage, type Progress } from './debian.js';
import { exclusively } from '../lock.js';
import { cacheFolder, sha256, sha256OfFile } from './files.js';
import {
  describeDifference,
  findLockPath,
  lockedEntry,
  readLock,
  shippedLockPath,
  updateLock,
  type BuiltEntry,
  type LockEntry,
  type Shelf,
} from './lock.js';
import type { BuiltPart, BuiltParts, Recipe } from './recipe.js';
import { isStored, latestEntry, shelfFolder, store, withScratch } from './store.js';

/** Most guests are PCs with a 32-bit CPU, whatever the host is. */
const USUAL_ARCHITECTURE = 'i386';

/**
 * Which content of an image is wanted, and how firmly: a project's lock binds; the lock that the package was
 * released with, and what was built here before, are only preferred.
 */
export interface Wanted {
  lockPath: string | null;
  binding: LockEntry | null;
  preferred: LockEntry | null;
}

export async function wantedEntry(name: string, projectRoot?: string, shelf: Shelf = 'images'): Promise<Wanted> {
  const lockPath = await findLockPath(projectRoot);
  const binding = lockPath === null ? null : lockedEntry(await readLock(lockPath), name, shelf);
  if (binding !== null) return { lockPath, binding, preferred: null };
  const shipped = lockedEntry(await readLock(shippedLockPath()), name, shelf);
  const latest = await latestEntry(name, shelf);
  const preferShipped = shipped !== null && (latest === null || (await isStored(name, shipped.parts, shelf)));
  const preferred = preferShipped ? shipped : latest;
  return { lockPath, binding, preferred };
}

export interface BuildOptions {
  onProgress?: Progress | undefined;
  /** Takes the archive's newest packages and writes them to the project's lock, whatever it says now. */
  accept?: boolean | undefined;
  /** Builds even if the cache has the image. */
  rebuild?: boolean | undefined;
  /** Where the search for the project's `images.lock` starts; the working directory if left out. */
  projectRoot?: string | undefined;
}

/**
 * Makes sure that an image is in the cache, as the project's lock wants it, and that the lock names it.
 *
 * @throws GuestwrightError `infrastructure/image-drift` if the archive no longer has what the lock pins
 */
export async function buildFromRecipe(recipe: Recipe, options: BuildOptions): Promise<LockEntry> {
  const onProgress: Progress = (message) => options.onProgress?.(`${recipe.name}: ${message}`);
  const { name, shelf = 'images' } = recipe;
  // What is there is there to stay: only who builds has to be alone.
  const ready = await presentEntry(recipe, options);
  if (ready !== null) return ready;
  return await exclusively(
    join(shelfFolder(shelf), `.${name}.lock`),
    async () => {
      const present = await presentEntry(recipe, options);
      if (present !== null) return present;
      const wanted = await wantedEntry(name, options.projectRoot, shelf);
      return await withScratch(async (scratch) => {
        const room = { scratch, onProgress };
        const { entry, parts } = await make(recipe, options.accept === true ? null : wanted, room);
        await store(name, entry, (folder) => putParts(parts, folder), shelf);
        await noteInLock(recipe, entry, wanted);
        onProgress('ready');
        return entry;
      });
    },
    () => onProgress('another process is building it: waiting'),
  );
}

/** What the cache holds already and the lock, if there is one, binds; null when it has to be built. */
async function presentEntry(recipe: Recipe, options: BuildOptions): Promise<LockEntry | null> {
  if (options.accept === true || options.rebuild === true) return null;
  const { name, shelf = 'images' } = recipe;
  const wanted = await wantedEntry(name, options.projectRoot, shelf);
  const present = wanted.binding ?? wanted.preferred;
  if (present === null || !isCurrent(recipe, wanted) || !(await isStored(name, present.parts, shelf))) return null;
  await noteInLock(recipe, present, wanted);
  return present;
}

/** Files are moved: they lie on the cache's disk already. */
async function putParts(parts: BuiltParts, folder: string): Promise<void> {
  for (const [part, built] of Object.entries(parts)) {
    if (built instanceof Uint8Array) await writeFile(join(folder, part), built);
    else await rename(built.file, join(folder, part));
  }
}

/** What a lock binds is used as long as it is there; what is only preferred must come from the recipe as it is. */
function isCurrent(recipe: Recipe, { binding, preferred }: Wanted): boolean {
  if (binding !== null) return true;
  return preferred !== null && (preferred.source === 'import' || preferred.revision === recipe.revision);
}

async function noteInLock(
  { name, shelf = 'images' }: Recipe,
  entry: LockEntry,
  { lockPath, binding }: Wanted,
): Promise<void> {
  if (lockPath === null || (binding !== null && JSON.stringify(binding) === JSON.stringify(entry))) return;
  await exclusively(join(shelfFolder(), `.lock-${sha256(lockPath).slice(0, 16)}`), () =>
    updateLock(lockPath, name, entry, shelf),
  );
}

interface Made {
  entry: BuiltEntry;
  parts: BuiltParts;
}

/** @param wanted null: whatever is newest */
async function make(recipe: Recipe, wanted: Wanted | null, room: Room): Promise<Made> {
  const { onProgress } = room;
  const archive = new DebianArchive(cacheFolder(), recipe.architecture ?? USUAL_ARCHITECTURE, onProgress);
  const binding = wanted?.binding?.source === 'recipe' ? wanted.binding : null;
  const preferred = wanted?.preferred?.source === 'recipe' ? wanted.preferred : null;
  const pinned = binding ?? preferred;
  if (pinned?.revision === recipe.revision && recipe.anySource !== undefined) {
    const made = await makeFromInstalled(recipe, pinned, room);
    if (made !== null) return made;
  }
  if (pinned !== null) {
    const fetched = await archive.fetch(pinned.packages);
    if (fetched.kind === 'fetched') {
      const made = await makeFrom(recipe, pinned.packages, fetched.files, archive, room);
      if (binding !== null) requireSame(recipe, binding, made.entry);
      return made;
    }
    if (binding !== null) return await makeDespiteDrift(recipe, binding, fetched.drift, archive, room);
    onProgress('the archive has moved on since this version of Guestwright: taking its newest packages');
  }
  return await makeNewest(recipe, archive, room);
}

async function makeNewest(recipe: Recipe, archive: DebianArchive, room: Room): Promise<Made> {
  const newest = await archive.newest(recipe.packages, recipe.closures);
  const fetched = await archive.fetch(newest);
  if (fetched.kind === 'drifted') throw driftError(recipe, fetched.drift);
  return await makeFrom(recipe, newest, fetched.files, archive, room);
}

/** The pinned packages are gone: where only the parts' bytes count, the newest ones may still give them. */
async function makeDespiteDrift(
  recipe: Recipe,
  binding: BuiltEntry,
  drift: readonly Drift[],
  archive: DebianArchive,
  room: Room,
): Promise<Made> {
  if (recipe.anySource !== undefined) {
    const { entry, parts } = await makeNewest(recipe, archive, room);
    if (isSameContent(entry, binding)) return { entry: binding, parts };
  }
  throw driftError(recipe, drift);
}

/** Null: what is installed on this system lacks a file, cannot be read, or gives other parts than the pinned ones. */
async function makeFromInstalled(recipe: Recipe, pinned: BuiltEntry, room: Room): Promise<Made | null> {
  try {
    const parts = await recipe.build(contextOfInstalled(recipe, await emptyFolder(room)));
    return isSameContent({ parts: await describeParts(parts) }, pinned) ? { entry: pinned, parts } : null;
  } catch {
    // Whatever is wrong with other people's files: the packages are there for that.
    return null;
  }
}

/** Every attempt has a folder of its own. */
async function emptyFolder({ scratch, onProgress }: Room): Promise<Room> {
  return { scratch: await mkdtemp(join(scratch, 'build-')), onProgress };
}

function isSameContent(a: Pick<BuiltEntry, 'parts'>, b: Pick<BuiltEntry, 'parts'>): boolean {
  const names = Object.keys(a.parts);
  return (
    names.length === Object.keys(b.parts).length &&
    names.every((name) => a.parts[name]?.sha256 === b.parts[name]?.sha256)
  );
}

async function describeParts(parts: BuiltParts): Promise<BuiltEntry['parts']> {
  const described: BuiltEntry['parts'] = {};
  for (const [part, built] of Object.entries(parts)) described[part] = await describePart(built);
  return described;
}

async function describePart(built: BuiltPart): Promise<BuiltEntry['parts'][string]> {
  if (built instanceof Uint8Array) return { size: built.length, sha256: sha256(built) };
  return { size: (await stat(built.file)).size, sha256: await sha256OfFile(built.file) };
}

async function makeFrom(
  recipe: Recipe,
  packages: readonly PinnedPackage[],
  files: ReadonlyMap<string, string>,
  archive: DebianArchive,
  room: Room,
): Promise<Made> {
  const own = await emptyFolder(room);
  const fetched = packages.map((pin) => ({ ...pin, deb: files.get(pin.name) ?? '' }));
  const parts = await recipe.build(contextOfPackages(recipe, fetched, archive, own));
  const entry = {
    source: 'recipe' as const,
    revision: recipe.revision,
    packages: [...packages],
    parts: await describeParts(parts),
  };
  return { entry, parts };
}

function requireSame({ name, shelf }: Recipe, expected: BuiltEntry, seen: BuiltEntry): void {
  const difference = describeDifference({ ...expected, revision: 1 }, { ...seen, revision: 1 });
  if (difference.expected === difference.seen) return;
  throw new GuestwrightError(`${name} was built from the pinned packages and came out different`, {
    kind: 'infrastructure',
    code: 'image-not-reproduced',
    ...describeDifference(expected, seen),
    next:
      expected.revision === seen.revision
        ? 'Please report this: builds are meant to be byte-reproducible.'
        : `The recipe has changed in this version of Guestwright. ${howToAccept(name, shelf)}`,
  });
}

function driftError({ name, shelf }: Recipe, drift: readonly Drift[]): GuestwrightError {
  const words = ({ version, sha256: digest }: PinnedPackage) => `${version} (SHA-256 ${digest.slice(0, 16)}…)`;
  return new GuestwrightError(`${name} cannot be built as images.lock pins it: the package archive has moved on`, {
    kind: 'infrastructure',
    code: 'image-drift',
    expected: drift.map(({ pin }) => `${pin.name} ${words(pin)}`).join('\n'),
    seen: drift
      .map(({ pin, seen }) =>
        seen.length > 0 ? seen.map((one) => `${one.name} ${words(one)}`).join(', ') : `${pin.name}: none`,
      )
      .join('\n'),
    next: howToAccept(name, shelf),
  });
}

function howToAccept(name: string, shelf: Shelf = 'images'): string {
  if (shelf === 'fonts') {
    return (
      `\`npx guestwright fonts build ${name} --accept\` takes the new packages and updates images.lock; ` +
      'what the old fonts could read may have to be looked at again.'
    );
  }
  return (
    `\`npx guestwright images build ${name} --accept\` takes the new packages and updates images.lock; ` +
    'goldens and state hashes made with the old image have to be made again. To keep the old one, bring it from a ' +
    'machine that has it: `npx guestwright images export` there, `import` here.'
  );
}
