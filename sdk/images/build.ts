/** Builds an image (or fonts) from its recipe, held to `images.lock`. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { GuestwrightError } from '../errors.js';
import { DebianArchive, runTool, type Drift, type PinnedPackage, type Progress } from './debian.js';
import { exclusively } from './exclusive.js';
import { cacheFolder, exists, sha256 } from './files.js';
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
import type { BuildContext, Recipe } from './recipe.js';
import { isStored, latestEntry, shelfFolder, store, withScratch } from './store.js';
import { unpack } from './unpack.js';

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
  return await exclusively(
    join(shelfFolder(shelf), `.${name}.lock`),
    async () => {
      const wanted = await wantedEntry(name, options.projectRoot, shelf);
      const present = wanted.binding ?? wanted.preferred;
      const reuse = options.accept !== true && options.rebuild !== true;
      if (reuse && present !== null && isCurrent(recipe, wanted) && (await isStored(name, present.parts, shelf))) {
        await noteInLock(recipe, present, wanted);
        return present;
      }
      const { entry, parts } = await make(recipe, options.accept === true ? null : wanted, onProgress);
      const fill = async (folder: string) => {
        for (const [part, data] of Object.entries(parts)) await writeFile(join(folder, part), data);
      };
      await store(name, entry, fill, shelf);
      await noteInLock(recipe, entry, wanted);
      onProgress('ready');
      return entry;
    },
    () => onProgress('another process is building it: waiting'),
  );
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
  parts: Readonly<Record<string, Uint8Array>>;
}

/** @param wanted null: whatever is newest */
async function make(recipe: Recipe, wanted: Wanted | null, onProgress: Progress): Promise<Made> {
  const archive = new DebianArchive(cacheFolder(), recipe.architecture ?? USUAL_ARCHITECTURE, onProgress);
  const binding = wanted?.binding?.source === 'recipe' ? wanted.binding : null;
  const preferred = wanted?.preferred?.source === 'recipe' ? wanted.preferred : null;
  const pinned = binding ?? preferred;
  if (pinned?.revision === recipe.revision && recipe.anySource !== undefined) {
    const made = await makeFromInstalled(recipe, pinned, onProgress);
    if (made !== null) return made;
  }
  if (pinned !== null) {
    const fetched = await archive.fetch(pinned.packages);
    if (fetched.kind === 'fetched') {
      const made = await makeFrom(recipe, pinned.packages, fetched.files, archive, onProgress);
      if (binding !== null) requireSame(recipe, binding, made.entry);
      return made;
    }
    if (binding !== null) return await makeDespiteDrift(recipe, binding, fetched.drift, archive, onProgress);
    onProgress('the archive has moved on since this version of Guestwright: taking its newest packages');
  }
  return await makeNewest(recipe, archive, onProgress);
}

async function makeNewest(recipe: Recipe, archive: DebianArchive, onProgress: Progress): Promise<Made> {
  const newest = await archive.newest(recipe.packages);
  const fetched = await archive.fetch(newest);
  if (fetched.kind === 'drifted') throw driftError(recipe, fetched.drift);
  return await makeFrom(recipe, newest, fetched.files, archive, onProgress);
}

/** The pinned packages are gone: where only the parts' bytes count, the newest ones may still give them. */
async function makeDespiteDrift(
  recipe: Recipe,
  binding: BuiltEntry,
  drift: readonly Drift[],
  archive: DebianArchive,
  onProgress: Progress,
): Promise<Made> {
  if (recipe.anySource !== undefined) {
    const { entry, parts } = await makeNewest(recipe, archive, onProgress);
    if (isSameContent(entry, binding)) return { entry: binding, parts };
  }
  throw driftError(recipe, drift);
}

/** Null: what is installed on this system lacks a file, cannot be read, or gives other parts than the pinned ones. */
async function makeFromInstalled(recipe: Recipe, pinned: BuiltEntry, onProgress: Progress): Promise<Made | null> {
  const folders = recipe.anySource?.folders ?? [];
  try {
    return await withScratch(async (scratch) => {
      const parts = await recipe.build({
        ...readersBelow('/', folders),
        // The files of every package that is installed lie below the same root.
        perl: ({ path, args }) => runPerl(join('/', path), args, { cwd: '/' }),
        ...unpackers(scratch),
        onProgress,
      });
      return isSameContent({ parts: describeParts(parts) }, pinned) ? { entry: pinned, parts } : null;
    });
  } catch {
    // Whatever is wrong with other people's files: the packages are there for that.
    return null;
  }
}

function isSameContent(a: Pick<BuiltEntry, 'parts'>, b: Pick<BuiltEntry, 'parts'>): boolean {
  const names = Object.keys(a.parts);
  return (
    names.length === Object.keys(b.parts).length &&
    names.every((name) => a.parts[name]?.sha256 === b.parts[name]?.sha256)
  );
}

function describeParts(parts: Made['parts']): BuiltEntry['parts'] {
  const entries = Object.entries(parts).map(
    ([part, data]) => [part, { size: data.length, sha256: sha256(data) }] as const,
  );
  return Object.fromEntries(entries);
}

async function makeFrom(
  recipe: Recipe,
  packages: readonly PinnedPackage[],
  files: ReadonlyMap<string, string>,
  archive: DebianArchive,
  onProgress: Progress,
): Promise<Made> {
  return await withScratch(async (scratch) => {
    for (const [name, deb] of files) {
      onProgress(`unpacking ${name}`);
      await archive.extract(deb, join(scratch, name));
    }
    onProgress('putting it together');
    const parts = await recipe.build(buildContext(recipe, packages, scratch, onProgress));
    const { revision } = recipe;
    return {
      entry: { source: 'recipe', revision, packages: [...packages], parts: describeParts(parts) },
      parts,
    };
  });
}

function buildContext(
  recipe: Recipe,
  packages: readonly PinnedPackage[],
  scratch: string,
  onProgress: Progress,
): BuildContext {
  const folderOf = (requested: string): string => {
    const request = recipe.packages.find(({ name }) => name === requested);
    const real = packages.find(({ name }) => (request?.follow ? request.follow.test(name) : name === requested));
    if (real === undefined) throw new TypeError(`${recipe.name} does not ask for a package ${requested}`);
    return join(scratch, real.name);
  };
  return {
    onProgress,
    read: (name, path) => readersBelow(folderOf(name)).read(name, path),
    list: (name, folder) => readersBelow(folderOf(name)).list(name, folder),
    perl: ({ packageName, path, inside, args }) =>
      runPerl(join(folderOf(packageName), path), args, { cwd: folderOf(inside) }),
    ...unpackers(scratch),
  };
}

async function runPerl(script: string, args: readonly string[], { cwd }: { cwd: string }): Promise<string> {
  // Without these the order of hashes, which may show in what is printed, is another at every run.
  const env = { PERL_HASH_SEED: '0', PERL_PERTURB_KEYS: '0' };
  return (await runTool('perl', [script, ...args], { cwd, env })).stdout;
}

/** @param folders where else files are looked for by their names */
function readersBelow(base: string, folders: readonly string[] = []): Pick<BuildContext, 'read' | 'list'> {
  return {
    async read(_name, path) {
      for (const candidate of [join(base, path), ...folders.map((folder) => join(folder, basename(path)))]) {
        if (await exists(candidate)) return await readFile(candidate);
      }
      return await readFile(join(base, path));
    },
    async list(_name, folder) {
      const entries = await readdir(join(base, folder), { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => entry.isFile())
        .map((entry) => relative(base, join(entry.parentPath, entry.name)))
        .sort();
    },
  };
}

function unpackers(scratch: string): Pick<BuildContext, 'unxz' | 'unlzma'> {
  return {
    unxz: (data) => unpack(data, 'xz', scratch),
    unlzma: (data) => unpack(data, 'lzma', scratch),
  };
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
