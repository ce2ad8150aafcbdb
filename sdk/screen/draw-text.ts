/**
 * Draws a text screen from the guest's own font, dot for dot as QEMU does, so that one golden serves every engine.
 * The text cursor is never drawn.
 */
import type { TextContent } from './content.js';

/**
 * Characters whose ninth column repeats the eighth. The VGA does so from 0xC0; QEMU also does it for the shades and
 * verticals from 0xB0, and its picture is the one that cannot be chosen.
 */
export const LINE_GRAPHICS = { first: 0xb0, last: 0xdf } as const;

/** Bytes of one glyph. */
export const GLYPH_BYTES = 32;

/** Index of a cell's glyph in the font. */
export function glyphIndex(content: TextContent, code: number, attribute: number): number {
  const two = content.font.glyphs.length >= 512 * GLYPH_BYTES;
  return two && (attribute & 8) !== 0 ? code + 256 : code;
}

/** RGBA, `columns * font.width` by `rows * font.height` pixels, alpha 255. */
export function drawText(content: TextContent): Uint8Array {
  const { columns, rows, cells, font } = content;
  const { width: cellWidth, height: cellHeight, glyphs } = font;
  const stride = columns * cellWidth;
  const pixels = new Int32Array(stride * rows * cellHeight);
  const colours = Int32Array.from({ length: 16 }, (_, i) => toPixel(content.palette[i] ?? 0));
  const doubled = cellWidth === 16;
  for (let row = 0, cell = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, cell++) {
      const code = cells[2 * cell] ?? 0;
      const attribute = cells[2 * cell + 1] ?? 0;
      const foreground = colours[attribute & 15] ?? 0;
      const background = colours[attribute >> 4] ?? 0;
      const repeat = font.lineGraphics && code >= LINE_GRAPHICS.first && code <= LINE_GRAPHICS.last;
      const glyph = glyphIndex(content, code, attribute) * GLYPH_BYTES;
      let at = row * cellHeight * stride + column * cellWidth;
      for (let y = 0; y < cellHeight; y++, at += stride) {
        const dots = glyphs[glyph + y] ?? 0;
        if (doubled) {
          for (let x = 0; x < 16; x++) pixels[at + x] = (dots << (x >> 1)) & 0x80 ? foreground : background;
        } else {
          for (let x = 0; x < 8; x++) pixels[at + x] = (dots << x) & 0x80 ? foreground : background;
          if (cellWidth === 9) pixels[at + 8] = repeat && dots & 1 ? foreground : background;
        }
      }
    }
  }
  return new Uint8Array(pixels.buffer);
}

/** 0xRRGGBB as a little-endian RGBA pixel (every platform with WebAssembly engines in use is little-endian). */
export function toPixel(rgb: number): number {
  return (((rgb >> 16) & 0xff) | (rgb & 0xff00) | ((rgb & 0xff) << 16) | 0xff000000) >>> 0;
}
