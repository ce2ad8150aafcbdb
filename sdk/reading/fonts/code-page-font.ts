/**
 * Fonts in code page 437's order inside of programs: a VGA's option ROM, a Linux kernel. They are found by what every
 * such font has in common, whoever drew it: blanks, blocks and a vertical line that fill their cells. So no offset of
 * one build has to be known.
 */
import { GuestwrightError } from '../../errors.js';
import { charmap } from '../../screen/charmap.js';
import type { Glyph, GlyphFont } from '../../screen/font.js';
import { readGlyph, withoutBlanks } from './glyph-bytes.js';

const CODES = 256;
const WIDTH = 8;
const VERTICAL_LINE = 0xb3;
const FULL_BLOCK = 0xdb;

/**
 * Takes the font of `height` rows out of a program.
 *
 * @param what the program, for messages
 * @throws GuestwrightError `infrastructure/font-not-found` if there is none, or several that differ
 */
export function findCodePageFont(bytes: Uint8Array, name: string, height: number, what: string): GlyphFont {
  const places = codePageFonts(bytes, height);
  const [first] = places;
  const font = (at: number) => bytes.subarray(at, at + CODES * height);
  if (first === undefined) throw notFound(name, what, `no font of ${height} rows in ${bytes.length} bytes`);
  if (places.some((place) => Buffer.compare(font(place), font(first)) !== 0)) {
    throw notFound(name, what, `${places.length} fonts of ${height} rows that differ`);
  }
  return { name, width: WIDTH, height, nineDots: true, glyphs: codePageGlyphs(font(first), height) };
}

/** Glyphs of 256 codes in a row. */
function codePageGlyphs(bytes: Uint8Array, height: number): Glyph[] {
  return withoutBlanks(
    charmap.map((character, code) => readGlyph(bytes, code * height, { character, width: WIDTH, height })),
  );
}

/** Whether 256 glyphs of `height` bytes each have code page 437's blocks and lines where it has them. */
export function isCodePageFont(bytes: Uint8Array, height: number): boolean {
  if (bytes.length < CODES * height) return false;
  const glyph = (code: number) => bytes.subarray(code * height, (code + 1) * height);
  const all = (code: number, dots: number) => glyph(code).every((row) => row === dots);
  /** Everything below (or above) one edge is `0xff`, the rest blank. */
  const half = (code: number, top: number, bottom: number) => {
    const edge = glyph(code).indexOf(bottom);
    return edge > 0 && glyph(code).every((row, y) => row === (y < edge ? top : bottom));
  };
  return (
    all(FULL_BLOCK, 0xff) &&
    isVerticalLine(glyph(VERTICAL_LINE)) &&
    all(0x00, 0) &&
    all(0x20, 0) &&
    all(0xff, 0) &&
    half(0xdc, 0, 0xff) &&
    half(0xdf, 0xff, 0) &&
    all(0xdd, 0xf0) &&
    all(0xde, 0x0f) &&
    !all(0x41, 0)
  );
}

function isVerticalLine(glyph: Uint8Array): boolean {
  const dots = glyph[0] ?? 0;
  return dots !== 0 && dots !== 0xff && glyph.every((row) => row === dots);
}

/** Where such fonts begin. */
function codePageFonts(bytes: Uint8Array, height: number): number[] {
  const found: number[] = [];
  const program = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  // The left half block is the rarest of the glyphs that are alike in all fonts: programs have long runs of 0 and 0xff.
  const landmark = Buffer.alloc(height, 0xf0);
  for (let at = program.indexOf(landmark); at >= 0; at = program.indexOf(landmark, at + 1)) {
    const start = at - 0xdd * height;
    if (start >= 0 && isCodePageFont(bytes.subarray(start, start + CODES * height), height)) found.push(start);
  }
  return found;
}

function notFound(name: string, what: string, seen: string): GuestwrightError {
  return new GuestwrightError(`The font ${name} is not in ${what}`, {
    kind: 'infrastructure',
    code: 'font-not-found',
    expected: "one font in code page 437's order",
    seen,
    next: 'use a font file instead: name its path in `fonts`',
  });
}
