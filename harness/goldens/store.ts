/** Goldens on disk: a PNG and, for a text screen, a text file beside it. */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GuestwrightError } from '../../sdk/errors.js';
import { decodePng, encodePng } from '../../sdk/reading/png.js';
import type { GoldenPaths } from './paths.js';
import type { Picture } from './picture.js';

export interface Golden {
  width: number;
  height: number;
  rgba: Uint8Array;
  /** The PNG file. */
  bytes: Uint8Array;
  /** Lines of the text file; null when there is none. */
  lines: readonly string[] | null;
}

/** Reads a golden; null when there is none. @throws GuestwrightError `usage/golden-damaged` */
export async function readGolden({ png, txt }: GoldenPaths): Promise<Golden | null> {
  const bytes = await readIfThere(png);
  if (bytes === null) return null;
  const text = await readIfThere(txt);
  const lines = text === null ? null : text.toString('utf8').replace(/\n$/, '').split('\n');
  try {
    const { width, height, rgba } = decodePng(bytes);
    return { width, height, rgba, bytes, lines };
  } catch (error) {
    throw new GuestwrightError(
      `The golden ${png} is damaged`,
      {
        kind: 'usage',
        code: 'golden-damaged',
        expected: 'a PNG file',
        seen: error instanceof Error ? error.message : String(error),
        next: 'restore it from version control, or delete it and run the scenario again to write a new one',
      },
      { cause: error },
    );
  }
}

/** The files that a picture would be as a golden. `txt` is null for a graphic screen. */
export interface GoldenFiles {
  png: Uint8Array;
  txt: string | null;
}

export function encodeGolden(picture: Picture): GoldenFiles {
  const { text } = picture;
  return {
    png: encodePng(picture),
    txt: text === null ? null : `${trimLines(text.lines).join('\n')}\n`,
  };
}

/** Lines as the text file holds them: no blanks at their ends, no empty lines at the end. */
export function trimLines(lines: readonly string[]): string[] {
  const trimmed = lines.map((line) => line.trimEnd());
  return trimmed.slice(0, trimmed.findLastIndex((line) => line !== '') + 1);
}

export function sameFiles(golden: Golden, files: GoldenFiles): boolean {
  const txt = golden.lines === null ? null : `${golden.lines.join('\n')}\n`;
  return txt === files.txt && Buffer.compare(golden.bytes, files.png) === 0;
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
