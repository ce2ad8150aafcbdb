/** Bitmap fonts, as the exact reader is handed them. Where they come from is `sdk/reading/fonts`. */

export interface Glyph {
  /** What it means: one character (a BMP code point, so one UTF-16 unit). */
  character: string;
  /** Pixels: 8 for most, 16 for wide ones (CJK in Unifont). At most 32. */
  width: number;
  /** One word per pixel row from the top, `height` of the font; bit `width - 1` is the leftmost pixel. */
  rows: Uint32Array;
}

export interface GlyphFont {
  /** `vga-8x16`, `linux-8x16`, `edk2-8x19`, `unifont-16`. */
  name: string;
  /** Advance of a narrow glyph in pixels. VGA fonts are also shown in 9-pixel cells. */
  width: number;
  height: number;
  /** Shown in cells of 9 pixels too, the ninth column blank, or repeating the eighth for line graphics (0xB0 to 0xDF). */
  nineDots: boolean;
  glyphs: readonly Glyph[];
}
