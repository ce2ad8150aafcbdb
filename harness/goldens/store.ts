/** Goldens on disk: a PNG and, for a text screen, a text file beside it. */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { loadPicture } from '../../sdk/reading/picture-cache.js';
import { encodePng } from '../../sdk/reading/png.js';
import type { Frame } from '../../sdk/screen/frame.js';
import { goldenFrame } from '../../sdk/screen/golden-frame.js';
import { decodeTextGolden, encodeTextGolden, type TextScreen } from '../../sdk/screen/text-diff.js';
import { existingPaths, type GoldenPaths } from './paths.js';

export interface Golden {
  /** This one's own: of a variant, the variant's. */
  paths: GoldenPaths;
  width: number;
  height: number;
  rgba: Uint8Array;
  /** The PNG file. */
  bytes: Uint8Array;
  /** The text file, and what it holds; null when there is none. */
  text: { file: string; screen: TextScreen } | null;
  /** The golden as if it were on a screen. */
  frame: Frame;
}

/** Reads a golden; null when there is none. @throws GuestwrightError `usage/png-invalid`, `usage/text-golden-invalid` */
export async function readGolden(paths: GoldenPaths): Promise<Golden | null> {
  const loaded = await unlessAbsent(loadPicture(paths.png));
  if (loaded === null) return null;
  const file = await unlessAbsent(readFile(paths.txt, 'utf8'));
  const { width, height, rgba, bytes } = loaded;
  const text = file === null ? null : { file, screen: decodeTextGolden(file, paths.txt) };
  return { paths, width, height, rgba, bytes, text, frame: goldenFrame(loaded, text?.screen ?? null) };
}

/**
 * Reads a golden and its variants; the plain one comes first, if it is there.
 * @throws GuestwrightError `usage/png-invalid`, `usage/text-golden-invalid`
 */
export async function readGoldens(paths: GoldenPaths): Promise<Golden[]> {
  const found = await Promise.all((await existingPaths(paths)).map(readGolden));
  return found.filter((golden) => golden !== null);
}

/** The files that a frame would be as a golden. `txt` is null for a graphic screen. */
export interface GoldenFiles {
  png: Uint8Array;
  txt: string | null;
}

export function encodeGolden(frame: Frame): GoldenFiles {
  return {
    png: encodePng(frame, { effort: 'small' }),
    txt: frame.grid === null ? null : encodeTextGolden(frame),
  };
}

export function sameFiles(golden: Golden, { png, txt }: GoldenFiles): boolean {
  return (golden.text?.file ?? null) === txt && Buffer.compare(golden.bytes, png) === 0;
}

/** Writes both files, each beside and then renamed. The picture goes last: it is what makes a golden exist. */
export async function writeGolden({ png, txt }: GoldenPaths, files: GoldenFiles): Promise<void> {
  await mkdir(dirname(png), { recursive: true });
  if (files.txt === null) await rm(txt, { force: true });
  else await replaceFile(txt, files.txt);
  await replaceFile(png, files.png);
}

async function replaceFile(file: string, content: Uint8Array | string): Promise<void> {
  const beside = `${file}.${randomUUID()}.part`;
  try {
    await writeFile(beside, content);
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

async function unlessAbsent<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
