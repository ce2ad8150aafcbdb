/**
 * Font files of our own (`.font`): what recipes make, what `guestwright fonts learn` writes. Text, so that a review can
 * see what changed. The first line is JSON and says what the font is; then a line for each glyph, as in Unifont's
 * `.hex` files: the character's code, the dots row by row, each row filled up to whole bytes. A glyph whose width is not
 * the font's says it: `4E00/16:0000…`.
 *
 *     {"format":"guestwright-font","version":1,"name":"vga-8x16","width":8,"height":16,"nineDots":true}
 *     0041:000010386CC6C6FEC6C6C6C600000000
 */
import { z } from 'zod';
import type { Glyph, GlyphFont } from '../../screen/font.js';
import { fontInvalid, glyphBytes, MAX_GLYPH_HEIGHT, MAX_GLYPH_WIDTH } from './glyph-bytes.js';

const NEWLINE = 0x0a;
const COLON = 0x3a;
const SLASH = 0x2f;
const ZERO = 0x30;
/** Value of a byte as an upper-case hexadecimal digit, -1 for any other. */
const DIGITS = Int8Array.from({ length: 256 }, (_, byte) => '0123456789ABCDEF'.indexOf(String.fromCharCode(byte)));
const BEGINNING = '{"format":"guestwright-font"';
const EXPECTED = 'a font as `guestwright fonts` writes it';

const header = z.strictObject({
  format: z.literal('guestwright-font'),
  version: z.literal(1),
  name: z.string().min(1),
  width: z.int().min(1).max(MAX_GLYPH_WIDTH),
  height: z.int().min(1).max(MAX_GLYPH_HEIGHT),
  nineDots: z.boolean(),
});

export function isFontFile(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, BEGINNING.length)).toString() === BEGINNING;
}

/** The same font always gives the same bytes. */
export function encodeFont({ name, width, height, nineDots, glyphs }: GlyphFont): Uint8Array {
  const head: z.infer<typeof header> = { format: 'guestwright-font', version: 1, name, width, height, nineDots };
  const lines = glyphs.map((glyph) => {
    const code = glyph.character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    const dots = Buffer.from(glyphBytes(glyph)).toString('hex').toUpperCase();
    return `${code}${glyph.width === width ? '' : `/${glyph.width}`}:${dots}`;
  });
  return Buffer.from([JSON.stringify(head), ...lines, ''].join('\n'));
}

/**
 * Reads a font's first line; its glyphs are read when they are first asked for, because one font has tens of thousands.
 *
 * @param file for messages
 * @throws GuestwrightError `usage/font-invalid`; reading `glyphs` may throw it too
 */
export function decodeFont(bytes: Uint8Array, file: string): GlyphFont {
  const newline = bytes.indexOf(NEWLINE);
  const end = newline < 0 ? bytes.length : newline;
  const { name, width, height, nineDots } = parseHeader(bytes.subarray(0, end), file);
  let glyphs: Glyph[] | undefined;
  return {
    name,
    width,
    height,
    nineDots,
    get glyphs() {
      return (glyphs ??= parseGlyphs(bytes, end + 1, { width, height, file }));
    },
  };
}

function parseHeader(line: Uint8Array, file: string): z.infer<typeof header> {
  try {
    return header.parse(JSON.parse(new TextDecoder().decode(line)));
  } catch (error) {
    const seen = error instanceof z.ZodError ? z.prettifyError(error) : 'its first line is not JSON';
    throw fontInvalid(file, EXPECTED, seen, error);
  }
}

interface Shape {
  width: number;
  height: number;
}

function parseGlyphs(bytes: Uint8Array, start: number, { file, ...shape }: Shape & { file: string }): Glyph[] {
  const glyphs: Glyph[] = [];
  for (let at = start; at < bytes.length;) {
    const parsed = parseGlyph(bytes, at, shape);
    if (parsed === null) {
      const [line = ''] = Buffer.from(bytes.subarray(at, at + 60))
        .toString('latin1')
        .split('\n', 1);
      throw fontInvalid(file, EXPECTED, `glyph ${glyphs.length + 1} is ${JSON.stringify(line)}`);
    }
    glyphs.push(parsed.glyph);
    at = parsed.next;
  }
  return glyphs;
}

/**
 * Reads the line at `start` digit by digit: regular expressions took most of the time that reading Unifont took.
 *
 * @returns the glyph and where the next line begins; null if it is no glyph
 */
function parseGlyph(
  bytes: Uint8Array,
  start: number,
  { width: usualWidth, height }: Shape,
): { glyph: Glyph; next: number } | null {
  const code = hexNumber(bytes, start, start + 4);
  let at = start + 4;
  let width = usualWidth;
  if (bytes[at] === SLASH) {
    for (width = 0, at++; isDecimal(bytes[at]) && width <= MAX_GLYPH_WIDTH; at++)
      width = 10 * width + (bytes[at] ?? 0) - ZERO;
  }
  if (code < 0 || bytes[at] !== COLON || width < 1 || width > MAX_GLYPH_WIDTH) return null;
  at++;
  const perRow = 2 * Math.ceil(width / 8);
  const unused = 4 * perRow - width;
  const end = at + perRow * height;
  // The last line may lack its end.
  if (bytes[end] !== NEWLINE && end !== bytes.length) return null;
  const rows = new Uint32Array(height);
  for (let row = 0; row < height; row++, at += perRow) {
    const dots = hexNumber(bytes, at, at + perRow);
    if (dots < 0) return null;
    rows[row] = dots >>> unused;
  }
  return { glyph: { character: String.fromCharCode(code), width, rows }, next: end + 1 };
}

/** Up to 8 upper-case hexadecimal digits; -1 if there is something else. */
function hexNumber(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = DIGITS[bytes[at] ?? 0] ?? -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

function isDecimal(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte < ZERO + 10;
}
