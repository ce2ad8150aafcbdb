/**
 * Finds text of one colour anywhere in a picture: every place is tried, by a hash of the cell above it that is rolled
 * down the picture. Only letters and digits with enough structure are looked for; what stands beside them is read
 * later, where it is known where its cells are.
 */
import { HASH_STEP, mayBeStrong, wideHash, type ShapeTable } from './shapes.js';

/** A letter or digit at a place, in one colour. */
export interface Placement {
  x: number;
  y: number;
  shape: number;
}

/** The pixels that are searched: rows `top` to `bottom` (exclusive). */
export interface SearchArea {
  pixels: Uint32Array;
  width: number;
  top: number;
  bottom: number;
}

/**
 * @param colour the exact colour of the ink; whatever is behind it does not count
 * @param onRow told after each row of pixels; true stops the search
 */
export function findPlacements(
  { pixels, width, top, bottom }: SearchArea,
  colour: number,
  table: ShapeTable,
  onRow?: (found: readonly Placement[]) => boolean,
): Placement[] {
  const found: Placement[] = [];
  const { height, width: cell } = table;
  const hashes = new Int32Array(width + cell);
  // The rows of bits that are in the window, as a ring.
  const ring = Array.from({ length: height }, () => new Uint16Array(width));
  const inked = new Uint8Array(height);
  const mask = 2 ** cell - 1;
  let leaving = 1;
  for (let i = 0; i < height; i++) leaving = Math.imul(leaving, HASH_STEP);
  const left = new Uint32Array(height);
  const right = new Uint32Array(height);
  let idle = height;
  for (let y = top; y < bottom; y++) {
    const slot = y % height;
    const row = ring[slot];
    if (row === undefined) continue;
    const hadInk = inked[slot] === 1;
    const at = y * width;
    let first = 0;
    while (first < width && pixels[at + first] !== colour) first++;
    if (first === width && !hadInk && idle >= height) continue;
    idle = first === width ? idle + 1 : 0;
    inked[slot] = first === width ? 0 : 1;
    let bits = 0;
    for (let x = 0; x < cell - 1; x++) bits = (bits << 1) | (pixels[at + x] === colour ? 1 : 0);
    const candidates = y - top >= height - 1;
    for (let x = 0; x <= width - cell; x++) {
      bits = ((bits << 1) | (pixels[at + x + cell - 1] === colour ? 1 : 0)) & mask;
      const old = row[x] ?? 0;
      const before = hashes[x] ?? 0;
      if ((bits | old | before) === 0) continue;
      row[x] = bits;
      hashes[x] = (Math.imul(before, HASH_STEP) + bits - Math.imul(old, leaving)) | 0;
    }
    if (!candidates) continue;
    for (let x = 0; x <= width - cell; x++) {
      const hash = hashes[x] ?? 0;
      if (hash === 0) continue;
      const narrow = mayBeStrong(table.strongFilter, hash);
      const next = table.hasWide ? wideHash(hash, hashes[x + cell] ?? 0) : 0;
      const wide = table.hasWide && x + 2 * cell <= width && mayBeStrong(table.strongWideFilter, next);
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
    if (onRow?.(found) === true) break;
  }
  return found;
}
