/** `guestwright screen diff`: compares two pictures of a screen, and says how they differ. */
import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { GuestwrightError } from '../../../sdk/errors.js';
import { decodePng, encodePng } from '../../../sdk/reading/png.js';
import { compareFrames, defaultTolerance, drawDiff, type Comparison } from '../../../sdk/screen/compare.js';
import type { Region } from '../../../sdk/screen/content.js';
import type { Picture } from '../../../sdk/screen/picture.js';
import {
  compareTextScreens,
  decodeTextGolden,
  diffTextScreens,
  maskText,
  type TextScreen,
} from '../../../sdk/screen/text-diff.js';

export interface DiffRequest {
  /** How far a colour may be off, 0 to 1. Default: as for goldens, so 0 where both are text screens. */
  threshold?: number;
  masks: readonly Region[];
  /** Where a picture of the differences is written; it is not written when there are none. */
  output?: string;
}

export interface ScreenDiff {
  same: boolean;
  pictures: Comparison;
  /** Rows that differ, in words; empty when all cells are equal, null where one of the two has no text beside it. */
  text: string | null;
}

/** @throws GuestwrightError `usage/screen-missing`, `usage/png-invalid`, `usage/text-golden-invalid` */
export async function diffScreens(expected: string, actual: string, request: DiffRequest): Promise<ScreenDiff> {
  const { threshold, masks, output } = request;
  const [before, after] = [await readScreen(expected), await readScreen(actual)];
  const isText = before.text !== null && after.text !== null;
  const options = {
    ...defaultTolerance(isText ? 'text' : 'graphic'),
    ...(threshold === undefined ? {} : { threshold }),
    masks,
  };
  const pictures = compareFrames(before.picture, after.picture, options);
  const text = before.text === null || after.text === null ? null : diffTexts(before.text, after.text, masks);
  const alike = pictures.outcome === 'identical' || pictures.outcome === 'within-tolerance';
  const same = alike && (text === null || text === '');
  if (!alike && output !== undefined) {
    await replaceFile(output, encodePng(drawDiff(before.picture, after.picture, options), { effort: 'small' }));
  }
  return { same, pictures, text };
}

function diffTexts(expected: TextScreen, actual: TextScreen, masks: readonly Region[]): string {
  const [before, after] = [maskText(expected, masks), maskText(actual, masks)];
  return compareTextScreens(before, after).outcome === 'identical' ? '' : diffTextScreens(before, after);
}

async function readScreen(file: string): Promise<{ picture: Picture; text: TextScreen | null }> {
  const png = await readIfThere(file);
  if (png === null) {
    throw new GuestwrightError(`There is no picture ${file}`, {
      kind: 'usage',
      code: 'screen-missing',
      expected: 'two PNG files',
      next: 'guestwright screen diff --help',
    });
  }
  const beside = file.replace(/\.png$/i, '.txt');
  const text = beside === file ? undefined : (await readIfThere(beside))?.toString('utf8');
  // Any other text may have the picture's name, too.
  const isGolden = text?.startsWith('text screen ') === true;
  return { picture: decodePng(png, file), text: isGolden ? decodeTextGolden(text, beside) : null };
}

async function readIfThere(file: string): Promise<Buffer | null> {
  try {
    return await readFile(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

async function replaceFile(file: string, bytes: Uint8Array): Promise<void> {
  const beside = `${file}.${randomUUID()}.part`;
  try {
    await writeFile(beside, bytes);
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

export function wordDiff({ pictures, text }: ScreenDiff, output: string | undefined): string {
  const lines = [wordPictures(pictures)];
  if (pictures.outcome === 'different') {
    lines.push(...pictures.boxes.map(({ x, y, width, height }) => `  at x ${x}, y ${y}: ${width}x${height} pixels`));
  }
  if (text !== null && text !== '') lines.push('', text);
  const drawn = pictures.outcome === 'different' || pictures.outcome === 'size-mismatch';
  if (drawn && output !== undefined) lines.push('', `The differences are drawn in ${output}`);
  return `${lines.join('\n')}\n`;
}

function wordPictures(pictures: Comparison): string {
  switch (pictures.outcome) {
    case 'identical':
      return 'The pictures are the same.';
    case 'within-tolerance':
      return 'The pictures are the same, within the threshold.';
    case 'different':
      return `${pictures.pixels} pixels differ (${(100 * pictures.ratio).toFixed(2)} % of all)`;
    case 'size-mismatch': {
      const { expected, actual } = pictures;
      return `The sizes differ: ${expected.width}x${expected.height} pixels, and ${actual.width}x${actual.height}`;
    }
  }
}
