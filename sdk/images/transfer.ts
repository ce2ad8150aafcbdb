/** Images to one file and from one: between machines, and from users who bring their own. */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, rename, rm, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { GuestwrightError } from '../errors.js';
import { wantedEntry, type Wanted } from './build.js';
import { findRecipe } from './catalogue.js';
import { isContainer, readContainer, readContainerHeader, writeContainer } from './container.js';
import { exists, isMissing, sha256OfFile } from './files.js';
import { imageName, partName, updateLock, type LockEntry } from './lock.js';
import { entryInCache, type ResolveOptions } from './refs.js';
import { contentFolder, store } from './store.js';

/**
 * Writes an image (built first if need be) into one file that `importImage` reads.
 *
 * @throws GuestwrightError `usage/file-exists`: nothing is overwritten
 */
export async function exportImage(name: string, file: string, options: ResolveOptions = {}): Promise<{ size: number }> {
  if (await exists(file)) {
    throw new GuestwrightError(`${file} is there already`, {
      kind: 'usage',
      code: 'file-exists',
      expected: 'a path at which there is nothing yet',
      next: 'Remove it, or give another path.',
    });
  }
  const entry = await entryInCache(name, options);
  const beside = `${file}.${randomUUID()}.part`;
  try {
    await writeContainer(beside, { name, entry }, contentFolder(name, entry.parts));
    await rename(beside, file);
  } finally {
    await rm(beside, { force: true });
  }
  return { size: (await stat(file)).size };
}

export interface ImportOptions {
  /** SHA-256 that the file must have. Needed for everything whose digests no lock knows yet. */
  sha256?: string | undefined;
  /** What the file is to a machine (`cdrom`, `floppy`, `disk`, …); guessed from the file if left out. */
  part?: string | undefined;
  /** Replaces what the project's lock says of this image. */
  accept?: boolean | undefined;
  projectRoot?: string | undefined;
}

/**
 * Brings an image into the cache: a file that `exportImage` wrote, or any bootable file under a name of its own
 * (used as `name:part`). The project's lock then names it.
 *
 * @throws GuestwrightError `usage/digest-needed`, `usage/digest-mismatch`, `usage/image-name-taken`,
 *   `usage/image-file-invalid`, `infrastructure/image-drift`
 */
export async function importImage(
  name: string,
  file: string,
  options: ImportOptions = {},
): Promise<{ parts: string[] }> {
  requireName(imageName, name, 'image');
  const digest = await digestOrThrow(file);
  const expected = options.sha256?.toLowerCase();
  if (expected !== undefined && expected !== digest) {
    throw new GuestwrightError(`${file} is not the file that was expected`, {
      kind: 'usage',
      code: 'digest-mismatch',
      expected: `SHA-256 ${expected}`,
      seen: `SHA-256 ${digest}`,
      next: 'Fetch the file again, and compare the digest with what its publisher says.',
    });
  }
  const wanted = await wantedEntry(name, options.projectRoot);
  const entry = (await isContainer(file))
    ? await importContainer(name, file, wanted, options)
    : await importPlain(name, file, digest, wanted, options);
  if (wanted.lockPath !== null) await updateLock(wanted.lockPath, name, entry);
  return { parts: Object.keys(entry.parts) };
}

async function importContainer(name: string, file: string, wanted: Wanted, options: ImportOptions): Promise<LockEntry> {
  const { name: inside, entry } = await readContainerHeader(file);
  if (inside !== name) {
    throw new GuestwrightError(`${file} holds another image`, {
      kind: 'usage',
      code: 'image-file-invalid',
      expected: name,
      seen: inside,
      next: `Import it under its own name: \`npx guestwright images import ${inside} ${file}\`.`,
    });
  }
  requireAccepted(name, entry, wanted, options);
  const isKnown = wanted.binding !== null || (wanted.preferred !== null && sameParts(wanted.preferred, entry));
  if (!isKnown && options.sha256 === undefined && options.accept !== true) throw digestNeeded(name, file);
  await store(name, entry, (folder) => readContainer(file, folder));
  return entry;
}

async function importPlain(
  name: string,
  file: string,
  digest: string,
  wanted: Wanted,
  options: ImportOptions,
): Promise<LockEntry> {
  if (findRecipe(name) !== undefined) {
    throw new GuestwrightError(`${name} is the name of an image in the catalogue`, {
      kind: 'usage',
      code: 'image-name-taken',
      expected: 'a name of your own, or a file written by `guestwright images export`',
      seen: `${file}, which was not exported`,
      next: `\`npx guestwright images import my-${name} ${file} --sha256 DIGEST\``,
    });
  }
  const { size } = await stat(file);
  const part = options.part ?? Object.keys(wanted.binding?.parts ?? {})[0] ?? guessPart(file, size);
  requireName(partName, part, 'part');
  const entry: LockEntry = { source: 'import', parts: { [part]: { size, sha256: digest } } };
  const isPinned = wanted.binding !== null && sameParts(wanted.binding, entry);
  if (!isPinned && options.sha256 === undefined) throw digestNeeded(name, file);
  requireAccepted(name, entry, wanted, options);
  await store(name, entry, async (folder) => {
    const copy = join(folder, part);
    // Copy on write where the file system can: an image may be big.
    await copyFile(file, copy, constants.COPYFILE_FICLONE);
    if ((await sha256OfFile(copy)) !== digest) throw changedMeanwhile(file);
  });
  return entry;
}

function guessPart(file: string, size: number): string {
  if (extname(file).toLowerCase() === '.iso') return 'cdrom';
  return size > 0 && size <= 2880 * 1024 ? 'floppy' : 'disk';
}

async function digestOrThrow(file: string): Promise<string> {
  try {
    return await sha256OfFile(file);
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new GuestwrightError(`There is no file ${file}`, {
      kind: 'usage',
      code: 'file-missing',
      expected: 'the image’s file',
      seen: 'no such file',
      next: 'Check the path.',
    });
  }
}

function sameParts(a: LockEntry, b: LockEntry): boolean {
  const words = ({ parts }: LockEntry) =>
    Object.entries(parts)
      .map(([part, { size, sha256 }]) => `${part} ${size} ${sha256}`)
      .sort()
      .join('\n');
  return words(a) === words(b);
}

/** What a project's lock binds is only replaced when asked to. */
function requireAccepted(name: string, entry: LockEntry, { binding }: Wanted, { accept }: ImportOptions): void {
  if (binding === null || accept === true || sameParts(binding, entry)) return;
  const words = ({ parts }: LockEntry) =>
    Object.entries(parts)
      .map(([part, { size, sha256 }]) => `${part}: ${size} bytes, SHA-256 ${sha256}`)
      .join('\n');
  throw new GuestwrightError(`${name} is pinned to other bytes in images.lock`, {
    kind: 'infrastructure',
    code: 'image-drift',
    expected: words(binding),
    seen: words(entry),
    next: `Add --accept to take these and update images.lock; goldens made with the old image have to be made again.`,
  });
}

function digestNeeded(name: string, file: string): GuestwrightError {
  return new GuestwrightError(`Nothing says yet which bytes ${name} has to have`, {
    kind: 'usage',
    code: 'digest-needed',
    expected: `--sha256 with the digest that the publisher of ${file} gives`,
    next: `\`npx guestwright images import ${name} ${file} --sha256 DIGEST\` (\`sha256sum\` computes one)`,
  });
}

function changedMeanwhile(file: string): GuestwrightError {
  return new GuestwrightError(`${file} changed while it was being copied`, {
    kind: 'infrastructure',
    code: 'image-damaged',
    next: 'Try again when nothing writes to it.',
  });
}

function requireName(schema: typeof imageName, name: string, what: string): void {
  const parsed = schema.safeParse(name);
  if (parsed.success) return;
  throw new GuestwrightError(`${name} cannot be the name of an ${what}`.replace('an part', 'a part'), {
    kind: 'usage',
    code: 'name-invalid',
    expected: parsed.error.issues[0]?.message ?? 'a plain name',
    seen: name,
    next: 'Choose another name.',
  });
}
