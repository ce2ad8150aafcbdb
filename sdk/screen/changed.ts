/** Where two pictures of one size are not equal, word for word: what everything dearer then looks at. */
import type { Region } from './content.js';
import { pixelsOf, type Picture } from './picture.js';

/** Whether two byte sequences of one length are equal. */
export type EqualBytes = (a: Uint8Array, b: Uint8Array) => boolean;

/** {@link EqualBytes} without any help of the platform, for whole pixels. */
export const equalWords: EqualBytes = (a, b) => {
  const [left, right] = [asWords(a), asWords(b)];
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
};

/** Rows that are first compared at once, and those into which what is not equal is cut. */
const COARSE_ROWS = 128;
const FINE_ROWS = 8;

/**
 * Stretches of rows of `area`, from the top, outside of which everything inside it is equal. More than `gap` equal rows
 * lie between two of them. Where in its rows a difference is, whoever counts it finds faster than could be done here.
 */
export function changedBands(
  expected: Picture,
  actual: Picture,
  area: Region,
  gap: number,
  equalBytes: EqualBytes,
): Region[] {
  if (expected.rgba === actual.rgba) return [];
  const bands: Region[] = [];
  const bottom = area.y + area.height;
  const equal = (from: number, to: number) => equalBytes(rowsOf(expected, from, to), rowsOf(actual, from, to));
  for (let coarse = area.y; coarse < bottom; coarse += COARSE_ROWS) {
    const end = Math.min(coarse + COARSE_ROWS, bottom);
    if (equal(coarse, end)) continue;
    for (let fine = coarse; fine < end; fine += FINE_ROWS) {
      const last = Math.min(fine + FINE_ROWS, end);
      if (!equal(fine, last)) addRows(bands, { ...area, y: fine, height: last - fine }, gap);
    }
  }
  return bands;
}

function rowsOf({ rgba, width }: Picture, from: number, to: number): Uint8Array {
  return rgba.subarray(4 * width * from, 4 * width * to);
}

function addRows(bands: Region[], rows: Region, gap: number): void {
  const last = bands[bands.length - 1];
  if (last === undefined || rows.y - (last.y + last.height) > gap) bands.push(rows);
  else last.height = rows.y + rows.height - last.y;
}

function asWords(rgba: Uint8Array): Uint32Array {
  return pixelsOf({ rgba, width: rgba.length / 4, height: 1 });
}
