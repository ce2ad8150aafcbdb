/** Builds an image from its recipe, held to `images.lock`. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { GuestwrightError } from '../errors.js';
import { DebianArchive, runTool, type Drift, type PinnedPackage, type Progress } from './debian.js';
import { exclusively } from './exclusive.js';
import { cacheFolder, sha256 } from './files.js';
import {
  describeDifference,
  findLockPath,
  readLock,
  shippedLockPath,
  updateLock,
  type BuiltEntry,
  type LockEntry,
} from './lock.js';
import type { BuildContext, Recipe } from './recipe.js';
import { imagesFolder, isStored, latestEntry, store, withScratch } from './store.js';

/** The guests are PCs with a 32-bit CPU, whatever the host is. */
const ARCHITECTURE = 'i386';

/**
 * Which content of an image is wanted, and how firmly: a project's lock binds; the lock that the package was
 * released with, and what was built here before, are only preferred.
 */
export interface Wanted {
  lockPath: string | null;
  binding: LockEntry | null;
  preferred: LockEntry | null;
}

export async function wantedEntry(name: string, projectRoot?: string): Promise<Wanted> {
  const lockPath = await findLockPath(projectRoot);
  const binding = lockPath === null ? null : ((await readLock(lockPath)).images[name] ?? null);
  if (binding !== null) return { lockPath, binding, preferred: null };
  const shipped = (await readLock(shippedLockPath())).images[name] ?? null;
  const latest = await latestEntry(name);
  const preferred = shipped !== null && (latest === null || (await isStored(name, shipped.parts))) ? shipped : latest;
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
  const { name } = recipe;
  return await exclusively(
    join(imagesFolder(), `.${name}.lock`),
    async () => {
      const wanted = await wantedEntry(name, options.projectRoot);
      const present = wanted.binding ?? wanted.preferred;
      const reuse = options.accept !== true && options.rebuild !== true;
      if (reuse && present !== null && isCurrent(recipe, wanted) && (await isStored(name, present.parts))) {
        await noteInLock(name, present, wanted);
        return present;
      }
      const { entry, parts } = await make(recipe, options.accept === true ? null : wanted, onProgress);
      await store(name, entry, async (folder) => {
        for (const [part, data] of Object.entries(parts)) await writeFile(join(folder, part), data);
      });
      await noteInLock(name, entry, wanted);
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

async function noteInLock(name: string, entry: LockEntry, { lockPath, binding }: Wanted): Promise<void> {
  if (lockPath === null || (binding !== null && JSON.stringify(binding) === JSON.stringify(entry))) return;
  await exclusively(join(imagesFolder(), `.lock-${sha256(lockPath).slice(0, 16)}`), () =>
    updateLock(lockPath, name, entry),
  );
}

interface Made {
  entry: BuiltEntry;
  parts: Readonly<Record<string, Uint8Array>>;
}

/** @param wanted null: whatever is newest */
async function make(recipe: Recipe, wanted: Wanted | null, onProgress: Progress): Promise<Made> {
  const archive = new DebianArchive(cacheFolder(), ARCHITECTURE, onProgress);
  const binding = wanted?.binding?.source === 'recipe' ? wanted.binding : null;
  const preferred = wanted?.preferred?.source === 'recipe' ? wanted.preferred : null;
  const pinned = binding ?? preferred;
  if (pinned !== null) {
    const fetched = await archive.fetch(pinned.packages);
    if (fetched.kind === 'fetched') {
      const made = await makeFrom(recipe, pinned.packages, fetched.files, archive, onProgress);
      if (binding !== null) requireSame(recipe.name, binding, made.entry);
      return made;
    }
    if (binding !== null) throw driftError(recipe.name, fetched.drift);
    onProgress('the archive has moved on since this version of Guestwright: taking its newest packages');
  }
  const newest = await archive.newest(recipe.packages);
  const fetched = await archive.fetch(newest);
  if (fetched.kind === 'drifted') throw driftError(recipe.name, fetched.drift);
  return await makeFrom(recipe, newest, fetched.files, archive, onProgress);
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
    const entries = Object.entries(parts).map(
      ([part, data]) => [part, { size: data.length, sha256: sha256(data) }] as const,
    );
    return {
      entry: {
        source: 'recipe',
        revision: recipe.revision,
        packages: [...packages],
        parts: Object.fromEntries(entries),
      },
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
    read: (name, path) => readFile(join(folderOf(name), path)),
    async list(name, folder) {
      const entries = await readdir(join(folderOf(name), folder), { recursive: true, withFileTypes: true });
      const base = folderOf(name);
      return entries
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(base.length + 1))
        .sort();
    },
    perl: ({ packageName, path, inside, args }) =>
      runPerl(join(folderOf(packageName), path), args, { cwd: folderOf(inside) }),
    unxz: (data) => unxz(data, scratch),
  };
}

async function runPerl(script: string, args: readonly string[], { cwd }: { cwd: string }): Promise<string> {
  // Without these the order of hashes, which may show in what is printed, is another at every run.
  const env = { PERL_HASH_SEED: '0', PERL_PERTURB_KEYS: '0' };
  return (await runTool('perl', [script, ...args], { cwd, env })).stdout;
}

/**
 * Unpacks an xz stream with dpkg-deb, which is there anyway and links the xz library: an archive member called
 * `data.tar.xz` is unpacked as it is, whatever it holds.
 */
async function unxz(data: Uint8Array, scratch: string): Promise<Uint8Array> {
  const member = (name: string, content: Uint8Array) => [
    Buffer.from(`${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6).repeat(2)}${'100644'.padEnd(8)}`),
    Buffer.from(`${String(content.length).padEnd(10)}\`\n`),
    content,
    Buffer.alloc(content.length % 2, '\n'),
  ];
  const folder = join(scratch, '.unxz');
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${sha256(data).slice(0, 16)}.deb`);
  const wrapped = [
    Buffer.from('!<arch>\n'),
    ...member('debian-binary', Buffer.from('2.0\n')),
    ...member('control.tar', Buffer.alloc(1024)),
    ...member('data.tar.xz', data),
  ];
  await writeFile(file, Buffer.concat(wrapped));
  const { stdout } = await execa('dpkg-deb', ['--fsys-tarfile', file], { encoding: 'buffer', stdin: 'ignore' });
  return stdout;
}

function requireSame(name: string, expected: BuiltEntry, seen: BuiltEntry): void {
  const difference = describeDifference({ ...expected, revision: 1 }, { ...seen, revision: 1 });
  if (difference.expected === difference.seen) return;
  throw new GuestwrightError(`${name} was built from the pinned packages and came out different`, {
    kind: 'infrastructure',
    code: 'image-not-reproduced',
    ...describeDifference(expected, seen),
    next:
      expected.revision === seen.revision
        ? 'Please report this: builds are meant to be byte-reproducible.'
        : `The recipe has changed in this version of Guestwright. ${howToAccept(name)}`,
  });
}

function driftError(name: string, drift: readonly Drift[]): GuestwrightError {
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
    next: howToAccept(name),
  });
}

function howToAccept(name: string): string {
  return (
    `\`npx guestwright images build ${name} --accept\` takes the new packages and updates images.lock; ` +
    'goldens and state hashes made with the old image have to be made again. To keep the old one, bring it from a ' +
    'machine that has it: `npx guestwright images export` there, `import` here.'
  );
}
