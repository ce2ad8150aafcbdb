/** What people do with images: list, build, find, remove. */
import { findRecipe, RECIPES, unknownImage } from './catalogue.js';
import { buildFromRecipe, wantedEntry, type BuildOptions } from './build.js';
import { findLockPath, readLock, updateLock } from './lock.js';
import type { ImageMachine } from './recipe.js';
import { entryInCache, resolveFileRef, type ResolveOptions } from './refs.js';
import { isStored, latestEntry, removeStored, storedNames } from './store.js';

export interface ImageListing {
  name: string;
  description: string;
  /** `recipe`: can be built here. `import`: was brought by a user. */
  source: 'recipe' | 'import';
  /** Names of its parts: `name:part` is a reference. */
  parts: string[];
  /** The machine that it is for, where the usual one does not do. */
  machine: ImageMachine;
  /** Whether the content that the project wants is in the cache. */
  cached: boolean;
  /** Bytes of all parts; null as long as nobody knows. */
  size: number | null;
  /** Packages with their versions that it is, or will be, made of. */
  packages: string[];
  /** Whether the project's `images.lock` names it. */
  locked: boolean;
}

/** Every image of the catalogue, then those that were imported or that the project's lock names. */
export async function listImages(options: { projectRoot?: string } = {}): Promise<ImageListing[]> {
  const lockPath = await findLockPath(options.projectRoot);
  const locked = lockPath === null ? [] : Object.keys((await readLock(lockPath)).images);
  const known = RECIPES.map(({ name }) => name);
  const others = [...new Set([...(await storedNames()), ...locked])].filter((name) => !known.includes(name)).sort();
  const listings: ImageListing[] = [];
  for (const name of [...known, ...others]) listings.push(await listing(name, options.projectRoot));
  return listings;
}

async function listing(name: string, projectRoot: string | undefined): Promise<ImageListing> {
  const { binding, preferred } = await wantedEntry(name, projectRoot);
  const entry = binding ?? preferred;
  const recipe = findRecipe(name);
  return {
    name,
    description: recipe?.description ?? 'imported',
    source: recipe ? 'recipe' : 'import',
    parts: Object.keys(recipe?.parts ?? entry?.parts ?? {}),
    machine: recipe?.machine ?? {},
    cached: entry !== null && (await isStored(name, entry.parts)),
    size: entry && Object.values(entry.parts).reduce((sum, { size }) => sum + size, 0),
    packages: entry?.source === 'recipe' ? entry.packages.map((one) => `${one.name} ${one.version}`) : [],
    locked: binding !== null,
  };
}

/**
 * Builds an image of the catalogue, unless the cache has it, and names it in the project's `images.lock`.
 *
 * @throws GuestwrightError `usage/image-unknown`, `infrastructure/image-drift`, `infrastructure/package-missing`, …
 */
export async function buildImage(name: string, options: BuildOptions = {}): Promise<void> {
  const recipe = findRecipe(name);
  if (recipe === undefined) throw await unknown(name);
  await buildFromRecipe(recipe, options);
}

/**
 * Path of `image:part` in the cache, or of each part of `image`.
 *
 * @throws GuestwrightError `infrastructure/image-missing` if it is not there (it is not built)
 */
export async function imagePath(ref: string, options: Omit<ResolveOptions, 'build'> = {}): Promise<string[]> {
  if (ref.includes(':')) return [(await resolveFileRef(ref, { ...options, build: false })).path];
  const { parts } = await entryInCache(ref, { ...options, build: false });
  const files: string[] = [];
  for (const part of Object.keys(parts)) {
    files.push((await resolveFileRef(`${ref}:${part}`, { ...options, build: false })).path);
  }
  return files;
}

/**
 * Removes an image from the cache. The project's lock goes on naming it (the same bytes can be built or imported
 * again) unless `unlock` is set.
 */
export async function removeImage(
  name: string,
  options: { unlock?: boolean | undefined; projectRoot?: string | undefined } = {},
): Promise<{ removed: boolean }> {
  const lockPath = await findLockPath(options.projectRoot);
  const isLocked = lockPath !== null && Object.hasOwn((await readLock(lockPath)).images, name);
  const known = isLocked || findRecipe(name) !== undefined || (await latestEntry(name)) !== null;
  if (!known) throw await unknown(name);
  const removed = await removeStored(name);
  if (options.unlock === true && isLocked) await updateLock(lockPath, name, null);
  return { removed };
}

async function unknown(name: string) {
  return unknownImage(name, [...new Set([...RECIPES.map((recipe) => recipe.name), ...(await storedNames())])]);
}
