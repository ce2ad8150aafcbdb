/** Goldens on disk: a PNG and, for a text screen, a text file beside it. */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { decodePng, encodePng } from '../../sdk/reading/png.js';
import type { Frame } from '../../sdk/screen/frame.js';
import { decodeTextGolden, encodeTextGolden, type TextScreen } from '../../sdk/screen/text-diff.js';
import type { GoldenPaths } from './paths.js';

export interface Golden {
  width: number;
  height: number;
  rgba: Uint8Array;
  /** The PNG file. */
  bytes: Uint8Array;
  /** The text file, and what it holds; null when there is none. */
  text: { file: string; screen: TextScreen } | null;
}

/** Reads a golden; null when there is none. @throws GuestwrightError `usage/png-invalid`, `usage/text-golden-invalid` */
export async function readGolden({ png, txt }: GoldenPaths): Promise<Golden | null> {
  const bytes = await readIfThere(png);
  if (bytes === null) return null;
  const file = (await readIfThere(txt))?.toString('utf8');
  const { width, height, rgba } = decodePng(bytes, png);
  const text = file === undefined ? null : { file, screen: decodeTextGolden(file, txt) };
  return { width, height, rgba, bytes, text };
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

async function readIfThere(file: string): Promise<Buffer | null> {
  try {
    return await readFile(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
