/**
 * Glyphs as every source of fonts has them (VGA, the Linux kernel, PSF, EDK2, Unifont): rows from the top, each a whole
 * number of bytes, the most significant bit leftmost, what is over at the right unused.
 */
import { GuestwrightError } from '../../errors.js';
import type { Glyph } from '../../screen/font.js';

/** Pixels; a row is one word. */
export const MAX_GLYPH_WIDTH = 32;
/** Pixels; Linux' console takes no more. */
export const MAX_GLYPH_HEIGHT = 64;

/** Bytes of a glyph. */
export function glyphSize(width: number, height: number): number {
  return Math.ceil(width / 8) * height;
}

/** Reads the glyph that begins at `offset`; the caller has made sure that all of it is there. */
export function readGlyph(
  bytes: Uint8Array,
  offset: number,
  { character, width, height }: { character: string; width: number; height: number },
): Glyph {
  const perRow = Math.ceil(width / 8);
  const rows = new Uint32Array(height);
  for (let row = 0; row < height; row++) {
    let dots = 0;
    for (let at = offset + row * perRow, end = at + perRow; at < end; at++) dots = (dots << 8) | (bytes[at] ?? 0);
    rows[row] = dots >>> (8 * perRow - width);
  }
  return { character, width, rows };
}

/** The opposite of {@link readGlyph}. */
export function glyphBytes({ width, rows }: Glyph): Uint8Array {
  const perRow = Math.ceil(width / 8);
  const bytes = new Uint8Array(rows.length * perRow);
  rows.forEach((dots, row) => {
    const aligned = dots << (8 * perRow - width);
    for (let i = 0; i < perRow; i++) bytes[row * perRow + i] = aligned >>> (8 * (perRow - 1 - i));
  });
  return bytes;
}

/** Without glyphs that show nothing, which are no text: of all blanks only the space stays, once. */
export function withoutBlanks(glyphs: readonly Glyph[]): Glyph[] {
  let hasSpace = false;
  return glyphs.filter(({ character, rows }) => {
    if (rows.some((dots) => dots !== 0)) return true;
    if (character !== ' ' || hasSpace) return false;
    return (hasSpace = true);
  });
}

/** A font file of a user's that cannot be used. */
export function fontInvalid(file: string, expected: string, seen: string, cause?: unknown): GuestwrightError {
  return new GuestwrightError(
    `${file} is not a readable font`,
    {
      kind: 'usage',
      code: 'font-invalid',
      expected,
      seen,
      next: 'take the file from where it is from again, or leave it out of `fonts`',
    },
    { cause },
  );
}
