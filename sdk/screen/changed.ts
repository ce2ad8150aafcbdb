/** Where two pictures of one size are not equal, word for word: what everything dearer then looks at. */
import type { Region } from './content.js';
import { pixelsOf, type Picture } from './picture.js';

/** Whether two byte sequences of one length are equal. */
export type EqualBytes = (a: Uint8Array, b: Uint8Array) => boolean;

/** {@link EqualBytes} without any help of the platform, for whole pixels. */
export const equalWords: EqualBytes = (a, b) => {
  const [left, right] = [asWords(a), asWords(b)];
  return nextUnequal(left, right, 0, left.length) === left.length;
};

/** Rows that are first compared at once, and those into which what is not equal is cut before its words are looked at. */
const COARSE_ROWS = 128;
const FINE_ROWS = 8;

/**
 * Rectangles around everything inside `area` that is not equal, from the top, as wide as the changes are. More than
 * `gap` equal rows lie between two of them.
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
      if (!equal(fine, last)) addRows(bands, expected, actual, { ...area, y: fine, height: last - fine }, gap);
    }
  }
  return bands;
}

function rowsOf({ rgba, width }: Picture, from: number, to: number): Uint8Array {
  return rgba.subarray(4 * width * from, 4 * width * to);
}

/** Adds the unequal rows of a part to the last band, where they are near, or as new ones. */
function addRows(bands: Region[], expected: Picture, actual: Picture, part: Region, gap: number): void {
  const a = wordsOf(expected, part);
  const b = wordsOf(actual, part);
  for (let row = 0; row < part.height; row++) {
    const start = row * expected.width + part.x;
    const end = start + part.width;
    const first = nextUnequal(a, b, start, end);
    if (first === end) continue;
    let last = end - 1;
    while (a[last] === b[last]) last--;
    addRow(bands, { x: part.x + first - start, y: part.y + row, width: last - first + 1, height: 1 }, gap);
  }
}

function asWords(rgba: Uint8Array): Uint32Array {
  return pixelsOf({ rgba, width: rgba.length / 4, height: 1 });
}

/** The words of a part's rows, over the whole width. */
function wordsOf(picture: Picture, { y, height }: Region): Uint32Array {
  return asWords(rowsOf(picture, y, y + height));
}

function addRow(bands: Region[], row: Region, gap: number): void {
  const last = bands[bands.length - 1];
  if (last === undefined || row.y - (last.y + last.height) >= gap) {
    bands.push(row);
    return;
  }
  const right = Math.max(last.x + last.width, row.x + row.width);
  last.x = Math.min(last.x, row.x);
  last.width = right - last.x;
  last.height = row.y - last.y + 1;
}

/** Index of the first differing word from `from` on; `end` when there is none. */
function nextUnequal(a: Uint32Array, b: Uint32Array, from: number, end: number): number {
  let i = from;
  for (; i + 4 <= end; i += 4) {
    const differ =
      ((a[i] ?? 0) ^ (b[i] ?? 0)) |
      ((a[i + 1] ?? 0) ^ (b[i + 1] ?? 0)) |
      ((a[i + 2] ?? 0) ^ (b[i + 2] ?? 0)) |
      ((a[i + 3] ?? 0) ^ (b[i + 3] ?? 0));
    if (differ !== 0) break;
  }
  while (i < end && a[i] === b[i]) i++;
  return i;
}
