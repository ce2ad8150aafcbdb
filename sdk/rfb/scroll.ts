/**
 * Whether a screen has scrolled: rows of pixels that a viewer has already, at another height. They need not be sent again
 * (CopyRect, RFC 6143, 7.7.2), and on a console nearly all of what changes is of this kind.
 */

/** Whole rows that are to be found elsewhere. */
export interface Scroll {
  /** Where they were, and where they are now: rows from the top. */
  from: number;
  to: number;
  rows: number;
}

/** Fewer rows are sent as fast as they are moved: two lines of a text screen. */
const FEWEST_ROWS = 32;
/** Rows that look for where they were: so many, spread over the screen, are enough to agree on one distance. */
const VOTERS = 128;

/**
 * The longest run of rows that all went the same way, if it is worth telling.
 * @param before the pixels of the whole screen, row by row
 * @param now as many pixels
 * @param width pixels of a row
 */
export function findScroll(before: Uint32Array, now: Uint32Array, width: number): Scroll | null {
  const height = before.length / width;
  if (height < FEWEST_ROWS) return null;
  const [old, young] = [rowSums(before, width), rowSums(now, width)];
  const changed = [...young.keys()].filter((y) => young[y] !== old[y]);
  if (changed.length < FEWEST_ROWS) return null;
  const distance = agreedDistance(old, young, changed);
  if (distance === null) return null;
  const scroll = longestRun(old, young, distance);
  if (scroll === null || !isExact(before, now, scroll, width)) return null;
  // Rows that look the same where they are now, blank ones mostly, gain nothing by being moved.
  const { to, rows } = scroll;
  return changed.filter((y) => y >= to && y < to + rows).length < FEWEST_ROWS ? null : scroll;
}

/** A number for each row, the same for the same pixels (FNV-1a, of words). */
function rowSums(pixels: Uint32Array, width: number): Uint32Array {
  const sums = new Uint32Array(pixels.length / width);
  for (let y = 0, at = 0; y < sums.length; y++) {
    let sum = 0x811c9dc5;
    for (const end = at + width; at < end; at++) sum = Math.imul(sum ^ (pixels[at] ?? 0), 0x01000193);
    sums[y] = sum;
  }
  return sums;
}

/** How far most rows have come, where each is alone in looking as it does. */
function agreedDistance(old: Uint32Array, young: Uint32Array, changed: readonly number[]): number | null {
  const places = new Map<number, number | null>();
  for (const [y, sum] of old.entries()) places.set(sum, places.has(sum) ? null : y);
  const votes = new Map<number, number>();
  const step = Math.max(1, Math.floor(changed.length / VOTERS));
  for (let i = 0; i < changed.length; i += step) {
    const y = changed[i] ?? 0;
    const place = places.get(young[y] ?? 0) ?? null;
    if (place !== null && place !== y) votes.set(y - place, (votes.get(y - place) ?? 0) + 1);
  }
  const [best] = [...votes].sort(([, a], [, b]) => b - a);
  return best?.[0] ?? null;
}

function longestRun(old: Uint32Array, young: Uint32Array, distance: number): Scroll | null {
  let best: Scroll | null = null;
  let start: number | null = null;
  const [first, end] = [Math.max(0, distance), Math.min(young.length, young.length + distance)];
  for (let y = first; y <= end; y++) {
    if (y < end && young[y] === old[y - distance]) start ??= y;
    else if (start !== null) {
      if (y - start > (best?.rows ?? 0)) best = { from: start - distance, to: start, rows: y - start };
      start = null;
    }
  }
  return best;
}

/** Sums of different rows may be the same. */
function isExact(before: Uint32Array, now: Uint32Array, { from, to, rows }: Scroll, width: number): boolean {
  const bytes = (pixels: Uint32Array, row: number): Uint8Array =>
    new Uint8Array(pixels.buffer, pixels.byteOffset + 4 * row * width, 4 * rows * width);
  return Buffer.compare(bytes(before, from), bytes(now, to)) === 0;
}
