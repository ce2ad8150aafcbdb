/** Made fonts, as their sources have them. */
import { charmap } from '../../screen/charmap.js';
import type { Glyph, GlyphFont } from '../../screen/font.js';

/**
 * 256 glyphs of code page 437, `height` bytes each: blanks, blocks and lines as they have to be, everything else a
 * pattern of its own, which `seed` changes.
 */
export function codePageBytes(height: number, seed = 0): Uint8Array {
  const bytes = new Uint8Array(256 * height);
  for (let code = 1; code < 256; code++) {
    // Never on the first and last row, as letters: else a glyph could look like a line or a block.
    for (let row = 1; row < height - 1; row++) bytes[code * height + row] = (code * (2 * row + 1) + seed) & 0x7e;
    bytes[code * height + 2] = code;
  }
  const fill = (code: number, dots: (row: number) => number) => {
    for (let row = 0; row < height; row++) bytes[code * height + row] = dots(row);
  };
  const middle = Math.floor(height / 2);
  for (const code of [0x00, 0x20, 0xff]) fill(code, () => 0);
  fill(0xb3, () => 0x18);
  fill(0xdb, () => 0xff);
  fill(0xdc, (row) => (row < middle ? 0 : 0xff));
  fill(0xdd, () => 0xf0);
  fill(0xde, () => 0x0f);
  fill(0xdf, (row) => (row < middle ? 0xff : 0));
  return bytes;
}

/** What a font in code page 437's order has to come out as: of the three blanks the first, everything else. */
export function codePageGlyphs(bytes: Uint8Array, height: number): Glyph[] {
  const all = charmap.map((character, code) => ({
    character,
    width: 8,
    rows: Uint32Array.from(bytes.subarray(code * height, (code + 1) * height)),
  }));
  return all.filter((_, code) => code !== 0x20 && code !== 0xff);
}

/** A program of `size` bytes that looks like none: no two neighbouring bytes are alike. */
export function programOf(size: number, parts: readonly (readonly [number, Uint8Array])[]): Uint8Array {
  const bytes = Uint8Array.from({ length: size }, (_, index) => (index * 7 + (index >> 8)) & 0xff);
  for (const [at, part] of parts) bytes.set(part, at);
  return bytes;
}

/** Glyphs with their rows as plain numbers, for comparing. */
export function plain({ glyphs }: Pick<GlyphFont, 'glyphs'>): { character: string; width: number; rows: number[] }[] {
  return glyphs.map(({ character, width, rows }) => ({ character, width, rows: Array.from(rows) }));
}

export function glyphOf({ glyphs }: GlyphFont, character: string): number[] | undefined {
  const glyph = glyphs.find((one) => one.character === character);
  return glyph && Array.from(glyph.rows);
}

export function failureOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return new Error('it did not fail');
}
