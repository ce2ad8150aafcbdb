/**
 * Finds text in one ink anywhere in a picture: every place is tried, by a hash of the cell above it that is rolled down
 * the picture. Only letters and digits with enough structure are looked for; what stands beside them is read later, when
 * it is known where its cells are.
 */
import { findExtent, type Ink } from './ink.js';
import { HASH_STEP, mayBeStrong, wideHash, type ShapeTable } from './shapes.js';

/** A letter or digit at a place. */
export interface Placement {
  x: number;
  y: number;
  shape: number;
}

/**
 * @param width of the picture
 * @param top the first row of pixels that is looked at; `bottom` the one after the last
 * @param onRow told after each row of pixels that has ink in its cells; true stops the search
 */
export function findPlacements(
  ink: Ink,
  width: number,
  top: number,
  bottom: number,
  table: ShapeTable,
  onRow?: (found: readonly Placement[]) => boolean,
): Placement[] {
  const found: Placement[] = [];
  const { values, low, span, extents } = ink;
  const { height, width: cell, hasWide } = table;
  const hashes = new Int32Array(width + cell);
  // The rows of bits that the cells above a row are made of, as a ring; what is on no row with ink is 0.
  const ring = Array.from({ length: height }, () => new Uint16Array(width + cell));
  const mask = 2 ** cell - 1;
  let leaving = 1;
  for (let i = 0; i < height; i++) leaving = Math.imul(leaving, HASH_STEP);
  const [left, right] = [new Uint32Array(height), new Uint32Array(height)];
  let idle = height;
  // The columns that any of the last `height` rows has ink in, and those whose hashes may not be 0.
  let [from, to] = [width, -1];
  for (let y = top; y < bottom; y++) {
    const row = ring[y % height];
    if (row === undefined) continue;
    findExtent(ink, width, y);
    const [inkFrom, inkEnd] = [extents[2 * y] ?? 0, extents[2 * y + 1] ?? 0];
    if (inkEnd === 0) {
      if (idle >= height) continue;
      // Once this reaches `height`, the last row with ink has left the cells.
      idle++;
    } else {
      idle = 0;
      from = Math.min(from, Math.max(0, inkFrom - cell + 1));
      to = Math.max(to, Math.min(width - cell, inkEnd - 1));
    }
    const at = y * width;
    let bits = 0;
    if (inkEnd > 0) {
      for (let x = from; x < from + cell - 1; x++) {
        bits = (bits << 1) | (((values[at + x] ?? 0) - low) >>> 0 <= span ? 1 : 0);
      }
    }
    for (let x = from; x <= to; x++) {
      bits = inkEnd === 0 ? 0 : ((bits << 1) | (((values[at + x + cell - 1] ?? 0) - low) >>> 0 <= span ? 1 : 0)) & mask;
      const old = row[x] ?? 0;
      const before = hashes[x] ?? 0;
      if ((bits | old | before) === 0) continue;
      row[x] = bits;
      hashes[x] = (Math.imul(before, HASH_STEP) + bits - Math.imul(old, leaving)) | 0;
    }
    if (y - top < height - 1) continue;
    for (let x = from; x <= to; x++) {
      const hash = hashes[x] ?? 0;
      if (hash === 0) continue;
      const narrow = mayBeStrong(table.strongFilter, hash);
      const next = hasWide ? wideHash(hash, hashes[x + cell] ?? 0) : 0;
      const wide = hasWide && x + 2 * cell <= width && mayBeStrong(table.strongWideFilter, next);
      if (!narrow && !wide) continue;
      for (let i = 0; i < height; i++) {
        const bitsAt = ring[(y + 1 + i) % height];
        left[i] = bitsAt?.[x] ?? 0;
        right[i] = bitsAt?.[x + cell] ?? 0;
      }
      let shape = narrow ? table.find(hash, left, 0) : -1;
      if (shape < 0 && wide) shape = table.findWide(next, left, right, 0, 0);
      if (shape >= 0) found.push({ x, y: y - height + 1, shape });
    }
    // Every hash is 0 again: the next ink starts with columns of its own.
    if (idle >= height) [from, to] = [width, -1];
    if (onRow?.(found) === true) break;
  }
  return found;
}
