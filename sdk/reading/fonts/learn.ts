/** A guest's own font, out of the video memory of a text mode. */
import { charmap } from '../../screen/charmap.js';
import type { TextContent } from '../../screen/content.js';
import type { Glyph, GlyphFont } from '../../screen/font.js';
import { isCodePageFont } from './code-page-font.js';
import { readGlyph, withoutBlanks } from './glyph-bytes.js';

export interface LearnedFont {
  font: GlyphFont;
  /** Glyphs that are left out, because nothing says what they mean. */
  unknown: number;
}

/** Bytes of a glyph in a VGA's memory, of which the first `height` are shown. */
const STRIDE = 32;
const WIDTH = 8;
const CODES = 256;

/**
 * Makes a font of what a guest has loaded into its VGA. What a code means depends on the font:
 * - one that has code page 437's lines and blocks in their places has its other characters there too;
 * - of any other, only ASCII is sure (every text mode has it there); the rest means what the same glyph means in one of
 *   the `known` fonts. That is also all that can be said of the second 256 of 512 glyphs.
 *
 * @param known fonts to look glyphs up in; an earlier one goes before a later one
 */
export function learnFont({ font }: TextContent, name: string, known: readonly GlyphFont[] = []): LearnedFont {
  const { height, glyphs: memory } = font;
  const count = memory.length / STRIDE;
  const packed = new Uint8Array(count * height);
  for (let code = 0; code < count; code++) {
    packed.set(memory.subarray(code * STRIDE, code * STRIDE + height), code * height);
  }
  const isCodePage = isCodePageFont(packed, height);
  const meanings = meaningsOfShapes(known, height);
  const glyphs: Glyph[] = [];
  let unknown = 0;
  for (let code = 0; code < count; code++) {
    const glyph = readGlyph(packed, code * height, { character: ' ', width: WIDTH, height });
    const sure = code < CODES && (isCodePage || isAscii(code)) ? charmap[code] : undefined;
    const character = sure ?? meanings.get(shapeOf(glyph));
    if (character !== undefined) glyphs.push({ ...glyph, character });
    else if (glyph.rows.some((dots) => dots !== 0)) unknown++;
  }
  return { font: { name, width: WIDTH, height, nineDots: true, glyphs: withoutBlanks(glyphs) }, unknown };
}

function isAscii(code: number): boolean {
  return code >= 0x20 && code < 0x7f;
}

function meaningsOfShapes(known: readonly GlyphFont[], height: number): Map<string, string> {
  const meanings = new Map<string, string>();
  for (const font of known) {
    if (font.height !== height || font.width !== WIDTH) continue;
    for (const glyph of font.glyphs) {
      const shape = shapeOf(glyph);
      if (glyph.width === WIDTH && !meanings.has(shape)) meanings.set(shape, glyph.character);
    }
  }
  return meanings;
}

function shapeOf({ rows }: Glyph): string {
  return rows.join();
}
