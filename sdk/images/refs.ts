/** Finds the bytes behind a reference: a file's path, or `image:part`. */
import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { GuestwrightError } from '../errors.js';
import { buildFromRecipe, wantedEntry } from './build.js';
import { findRecipe, RECIPES, unknownImage } from './catalogue.js';
import type { Progress } from './debian.js';
import { digestOfFile, isMissing } from './files.js';
import type { LockEntry } from './lock.js';
import { contentFolder, isStored, storedNames } from './store.js';

export interface ResolveOptions {
  /** Builds an image that is not in the cache yet; true if left out. */
  build?: boolean | undefined;
  onProgress?: Progress | undefined;
  /** Where the search for the project's `images.lock` starts; the working directory if left out. */
  projectRoot?: string | undefined;
}

export interface ResolvedFile {
  /** Absolute. */
  path: string;
  /** Bytes. */
  size: number;
  /** Lower-case hex SHA-256 of the bytes. */
  sha256: string;
  /** For people: `image:part`, or the file's own name. */
  name: string;
  /** The recommended command line, if this is the kernel of a known image. */
  commandLine?: string;
}

/**
 * Resolves `ref` to a file: the path of one (from the working directory), or `image:part`, for example
 * `grub-rescue:floppy`. An image that is not in the cache is built first.
 *
 * @throws GuestwrightError `usage/file-missing`, `usage/image-unknown`, `usage/image-part-unknown`,
 *   `infrastructure/image-missing` (with `build: false`), or why it could not be built
 */
export async function resolveFileRef(ref: string, options: ResolveOptions = {}): Promise<ResolvedFile> {
  const parsed = parseImageRef(ref);
  return parsed === null ? await resolveFile(ref) : await resolvePart(parsed, options);
}

/** Two letters at least before the colon, so that `C:` stays a drive. */
export function parseImageRef(ref: string): { image: string; part: string } | null {
  const match = /^([A-Za-z0-9][A-Za-z0-9.+_-]+):([A-Za-z0-9][A-Za-z0-9._-]*)$/.exec(ref);
  return match?.[1] !== undefined && match[2] !== undefined ? { image: match[1], part: match[2] } : null;
}

async function resolveFile(ref: string): Promise<ResolvedFile> {
  const path = resolve(ref);
  const found = await stat(path).catch((error: unknown) => {
    // Also a name that no file can have.
    throw fileMissing(ref, isMissing(error) || !(error instanceof Error) ? 'no such file' : error.message);
  });
  if (!found.isFile()) throw fileMissing(ref, 'it is no regular file');
  return { path, ...(await digestOfFile(path)), name: basename(path) };
}

function fileMissing(ref: string, seen: string): GuestwrightError {
  const near = RECIPES.find(({ name }) => name === ref);
  return new GuestwrightError(`There is no file ${ref}`, {
    kind: 'usage',
    code: 'file-missing',
    expected: `a file at ${resolve(ref)}`,
    seen,
    next: near
      ? `An image's part is written ${Object.keys(near.parts)
          .map((part) => `${near.name}:${part}`)
          .join(' or ')}.`
      : 'Check the path (relative ones start at the working directory), or name an image: `npx guestwright images list`.',
  });
}

async function resolvePart(
  { image, part }: { image: string; part: string },
  options: ResolveOptions,
): Promise<ResolvedFile> {
  const entry = await entryInCache(image, options);
  const file = entry.parts[part];
  if (file === undefined) throw partUnknown(image, part, Object.keys(entry.parts));
  const commandLine = findRecipe(image)?.parts[part]?.commandLine;
  return {
    path: join(contentFolder(image, entry.parts), part),
    ...file,
    name: `${image}:${part}`,
    ...(commandLine !== undefined && { commandLine }),
  };
}

/** The image's entry, with its parts in the cache. */
export async function entryInCache(image: string, options: ResolveOptions = {}): Promise<LockEntry> {
  const { binding, preferred } = await wantedEntry(image, options.projectRoot);
  const entry = binding ?? preferred;
  const recipe = findRecipe(image);
  if (recipe !== undefined && options.build !== false) return await buildFromRecipe(recipe, options);
  if (entry !== null && (await isStored(image, entry.parts))) return entry;
  if (recipe === undefined && entry === null) {
    throw unknownImage(image, [...new Set([...RECIPES.map(({ name }) => name), ...(await storedNames())])]);
  }
  throw imageMissing(image, entry, recipe !== undefined);
}

function imageMissing(image: string, entry: LockEntry | null, canBuild: boolean): GuestwrightError {
  const digests = Object.entries(entry?.parts ?? {}).map(([part, { sha256 }]) => `${part} with SHA-256 ${sha256}`);
  return new GuestwrightError(`The image ${image} is not in the cache`, {
    kind: 'infrastructure',
    code: 'image-missing',
    expected: canBuild ? `${image}, built` : digests.join('\n'),
    seen: 'nothing, or damaged files',
    next: canBuild
      ? `Run \`npx guestwright images build ${image}\`.`
      : `Bring the file: \`npx guestwright images import ${image} FILE --sha256 DIGEST\`.`,
  });
}

function partUnknown(image: string, part: string, parts: readonly string[]): GuestwrightError {
  return new GuestwrightError(`The image ${image} has no part ${part}`, {
    kind: 'usage',
    code: 'image-part-unknown',
    expected: parts.map((known) => `${image}:${known}`).join(', '),
    seen: `${image}:${part}`,
    next: 'Name one of its parts.',
  });
}
