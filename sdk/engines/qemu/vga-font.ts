/**
 * The fonts of the VGA's text modes, out of the very option ROM that the machine is given. They are bitmaps of 256 glyphs
 * in it, found by how they begin: nothing (code 0), then the smiling face (code 1), the same drawing in three heights.
 */

/** Bytes of one glyph in a {@link TextFont}, as in `TextContent`. */
export const GLYPH_BYTES = 32;

export interface TextFont {
  /** Rows of a glyph. */
  readonly height: number;
  /** 256 glyphs of 32 bytes, a byte per row, the most significant bit left. */
  readonly glyphs: Uint8Array;
}

/** Glyph 1 in each of the heights. */
const SMILING_FACE: Readonly<Record<number, readonly number[]>> = {
  16: [0, 0, 0x7e, 0x81, 0xa5, 0x81, 0x81, 0xbd, 0x99, 0x81, 0x81, 0x7e, 0, 0, 0, 0],
  14: [0, 0, 0x7e, 0x81, 0xa5, 0x81, 0x81, 0xbd, 0x99, 0x81, 0x7e, 0, 0, 0],
  8: [0x7e, 0x81, 0xa5, 0x81, 0xbd, 0x99, 0x81, 0x7e],
};

/** The fonts that an option ROM holds, the tallest first; none when it holds none that is known. */
export function fontsOf(rom: Uint8Array): TextFont[] {
  return [16, 14, 8].flatMap((height) => {
    const font = fontOfHeight(rom, height);
    return font === null ? [] : [font];
  });
}

function fontOfHeight(rom: Uint8Array, height: number): TextFont | null {
  const start = [...new Array<number>(height).fill(0), ...(SMILING_FACE[height] ?? [])];
  for (let at = 0; at + 256 * height <= rom.length; at++) {
    if (!start.every((byte, i) => rom[at + i] === byte)) continue;
    const glyphs = new Uint8Array(256 * GLYPH_BYTES);
    for (let code = 0; code < 256; code++) {
      glyphs.set(rom.subarray(at + code * height, at + (code + 1) * height), code * GLYPH_BYTES);
    }
    return { height, glyphs };
  }
  return null;
}
