/** Pictures as the search reads them: a 32-bit word for each pixel. */

/** Red, green and blue of a word (the bytes are R, G, B, A; words are little-endian). */
export const COLOUR = 0xffffff;

/** Stands for a pixel of the wanted picture that does not count: no colour is negative. */
export const TRANSPARENT = -1;

export interface Words {
  readonly width: number;
  readonly height: number;
  readonly words: Int32Array;
}

/** Red, green and blue, added. */
export function brightness(word: number): number {
  return (word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255);
}

/** What two colours differ by in red, green and blue, added. */
export function difference(a: number, b: number): number {
  return (
    Math.abs((a & 255) - (b & 255)) +
    Math.abs(((a >>> 8) & 255) - ((b >>> 8) & 255)) +
    Math.abs(((a >>> 16) & 255) - ((b >>> 16) & 255))
  );
}
