/**
 * GNU Unifont's `.hex` files: a line for each character, `0041:` and its dots as hexadecimal digits; 32 digits are 8x16
 * pixels, 64 are 16x16 (unifont(5)).
 */
import type { Glyph } from '../../screen/font.js';
import { fontInvalid, readGlyph, withoutBlanks } from './glyph-bytes.js';

export const UNIFONT_HEIGHT = 16;

/** Ranges of code points, both ends included. */
export type Ranges = readonly (readonly [number, number])[];

/**
 * What consoles and boot loaders show in alphabets, lines and symbols, as it can be seen: no controls, no marks that
 * combine with another character. In code point order, as all of Unifont.
 */
export const ALPHABETS_AND_SYMBOLS: Ranges = [
  [0x0020, 0x007e], // ASCII
  [0x00a0, 0x00ac],
  [0x00ae, 0x02ff], // Latin, phonetic
  [0x0370, 0x0482], // Greek, Cyrillic
  [0x048a, 0x058f], // Cyrillic, Armenian
  [0x05d0, 0x05f4], // Hebrew
  [0x10a0, 0x10ff], // Georgian
  [0x1e00, 0x1fff], // Latin and Greek with more diacritics
  [0x2010, 0x2027],
  [0x2030, 0x205e], // punctuation
  [0x2070, 0x20c0], // raised and lowered digits, currencies
  [0x2100, 0x23ff], // letter-like, fractions, arrows, mathematics, technical
  [0x2400, 0x2426],
  [0x2460, 0x27bf], // enclosed, boxes, blocks, shapes, symbols, dingbats
  [0x27f0, 0x28ff], // long arrows, Braille (spinners and bars are drawn with it)
  [0x2b00, 0x2bff],
  [0xfb00, 0xfb06],
];

/** Nothing that can be seen: controls, formats, combining marks, surrogates, private use, the last two of the plane. */
export const UNSEEN: Ranges = [
  [0x0000, 0x001f],
  [0x007f, 0x009f],
  [0x00ad, 0x00ad],
  [0x0300, 0x036f],
  [0x0483, 0x0489],
  [0x200b, 0x200f],
  [0x2028, 0x202f],
  [0x205f, 0x206f],
  [0x20d0, 0x20ff],
  [0xd800, 0xf8ff],
  [0xfe00, 0xfe0f],
  [0xfe20, 0xfe2f],
  [0xfeff, 0xfeff],
  [0xfff0, 0xffff],
];

export function isIn(ranges: Ranges, code: number): boolean {
  return ranges.some(([first, last]) => code >= first && code <= last);
}

/**
 * Reads the glyphs that `wanted` lets through, in the file's order. Characters beyond the BMP are left out.
 *
 * @throws GuestwrightError `usage/font-invalid` naming the line
 */
export function parseUnifontHex(text: string, file: string, wanted: (code: number) => boolean = () => true): Glyph[] {
  const glyphs: Glyph[] = [];
  text.split('\n').forEach((line, index) => {
    if (line.trim() === '') return;
    const match = /^([0-9a-fA-F]{4,6}):([0-9a-fA-F]+)\s*$/.exec(line);
    const [, code = '', dots = ''] = match ?? [];
    if (match === null || (dots.length !== 32 && dots.length !== 64)) {
      throw fontInvalid(
        file,
        'lines like 0041: with 32 or 64 hexadecimal digits',
        `line ${index + 1}: ${shorten(line)}`,
      );
    }
    const codePoint = parseInt(code, 16);
    if (codePoint > 0xffff || !wanted(codePoint)) return;
    const width = dots.length === 32 ? 8 : 16;
    const character = String.fromCharCode(codePoint);
    glyphs.push(readGlyph(Buffer.from(dots, 'hex'), 0, { character, width, height: UNIFONT_HEIGHT }));
  });
  return withoutBlanks(glyphs);
}

function shorten(line: string): string {
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}
