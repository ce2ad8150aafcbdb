/**
 * PC Screen Fonts, versions 1 and 2: what `setfont` loads into Linux' console. Layout: the kernel's
 * `include/uapi/linux/kd.h` takes what kbd's `psf.h` describes.
 */
import { gunzipSync } from 'node:zlib';
import { charmap } from '../../screen/charmap.js';
import type { Glyph, GlyphFont } from '../../screen/font.js';
import { fontInvalid, glyphSize, MAX_GLYPH_HEIGHT, MAX_GLYPH_WIDTH, readGlyph, withoutBlanks } from './glyph-bytes.js';

/** Larger files are refused; the largest console font has some 100 KB. */
const MAX_BYTES = 4 << 20;
/** What the BMP has. */
const MAX_GLYPHS = 0x10000;

interface Layout {
  width: number;
  height: number;
  count: number;
  /** Bytes of a glyph. */
  size: number;
  /** Offset of the first glyph. */
  glyphsAt: number;
  /** Characters of each glyph, or null where the font has no table. */
  table: ((bytes: Uint8Array) => string[][]) | null;
}

export function isPsf(bytes: Uint8Array): boolean {
  return isGzip(bytes) || isPsf1(bytes) || isPsf2(bytes);
}

const isGzip = (bytes: Uint8Array) => bytes[0] === 0x1f && bytes[1] === 0x8b;
const isPsf1 = (bytes: Uint8Array) => bytes[0] === 0x36 && bytes[1] === 0x04;
const isPsf2 = (bytes: Uint8Array) => [0x72, 0xb5, 0x4a, 0x86].every((byte, i) => bytes[i] === byte);

/**
 * Reads a font, gzipped or not. Of a glyph that stands for several characters, the first that its table lists is what
 * it means. Without a table the codes are taken for code page 437's, as `setfont` does.
 *
 * @param file for messages
 * @throws GuestwrightError `usage/font-invalid`
 */
export function parsePsf(data: Uint8Array, name: string, file: string): GlyphFont {
  const bytes = isGzip(data) ? gunzip(data, file) : data;
  const layout = isPsf1(bytes) ? layoutOfPsf1(bytes, file) : isPsf2(bytes) ? layoutOfPsf2(bytes, file) : null;
  if (layout === null) throw invalid(file, `it begins with ${hex(bytes.subarray(0, 4))}`);
  const { width, height, count, size, glyphsAt } = layout;
  const end = glyphsAt + count * size;
  if (end > bytes.length) {
    throw invalid(file, `${count} glyphs of ${size} bytes end at byte ${end}, the file after ${bytes.length}`);
  }
  const meanings = layout.table?.(bytes.subarray(end)) ?? charmap.map((character) => [character]);
  const glyphs: Glyph[] = [];
  for (let index = 0; index < count; index++) {
    const character = meaningOf(meanings[index] ?? []);
    if (character === null) continue;
    glyphs.push(readGlyph(bytes, glyphsAt + index * size, { character, width, height }));
  }
  return { name, width, height, nineDots: width === 8, glyphs: withoutBlanks(glyphs) };
}

function gunzip(data: Uint8Array, file: string): Uint8Array {
  try {
    return gunzipSync(data, { maxOutputLength: MAX_BYTES });
  } catch (error) {
    throw invalid(file, error instanceof Error ? `it cannot be unpacked: ${error.message}` : String(error), error);
  }
}

/** Magic 2 bytes, mode, height; 8 pixels wide. */
function layoutOfPsf1(bytes: Uint8Array, file: string): Layout {
  const [, , mode = 0, height = 0] = bytes;
  if (bytes.length < 4) throw invalid(file, `the file ends after ${bytes.length} bytes`);
  requireSize(8, height, file);
  const count = mode & 1 ? 512 : 256;
  // 2: a table; 4: one with sequences.
  const hasTable = (mode & 6) !== 0;
  const table = (rest: Uint8Array) => tableOfPsf1(rest, count, file);
  return { width: 8, height, count, size: height, glyphsAt: 4, table: hasTable ? table : null };
}

/** Eight words: magic, version, size of the header, flags, count, bytes of a glyph, height, width. */
function layoutOfPsf2(bytes: Uint8Array, file: string): Layout {
  if (bytes.length < 32) throw invalid(file, `the file ends after ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (index: number) => view.getUint32(4 * index, true);
  const [glyphsAt, flags, count, size, height, width] = [word(2), word(3), word(4), word(5), word(6), word(7)];
  if (glyphsAt < 32 || glyphsAt > bytes.length) throw invalid(file, `its header is said to have ${glyphsAt} bytes`);
  if (count === 0 || count > MAX_GLYPHS) throw invalid(file, `it is said to have ${count} glyphs`);
  requireSize(width, height, file);
  if (size !== glyphSize(width, height)) {
    throw invalid(file, `a glyph of ${width}x${height} pixels is said to have ${size} bytes`);
  }
  const table = (rest: Uint8Array) => tableOfPsf2(rest, count, file);
  return { width, height, count, size, glyphsAt, table: flags & 1 ? table : null };
}

function requireSize(width: number, height: number, file: string): void {
  if (width >= 1 && width <= MAX_GLYPH_WIDTH && height >= 1 && height <= MAX_GLYPH_HEIGHT) return;
  throw invalid(
    file,
    `its glyphs are ${width}x${height} pixels; at most ${MAX_GLYPH_WIDTH}x${MAX_GLYPH_HEIGHT} can be read`,
  );
}

/** For each glyph UTF-16 little-endian units; 0xFFFE begins a sequence, 0xFFFF ends the glyph. */
function tableOfPsf1(rest: Uint8Array, count: number, file: string): string[][] {
  const view = new DataView(rest.buffer, rest.byteOffset, rest.byteLength);
  const glyphs: string[][] = [];
  let parts: string[] = [];
  let characters = '';
  for (let at = 0; glyphs.length < count; at += 2) {
    if (at + 2 > rest.length) throw tableCut(file, glyphs.length, count);
    const unit = view.getUint16(at, true);
    if (unit === 0xffff) {
      glyphs.push(charactersOf([...parts, characters]));
      [parts, characters] = [[], ''];
    } else if (unit === 0xfffe) {
      parts.push(characters);
      characters = '';
    } else characters += String.fromCharCode(unit);
  }
  return glyphs;
}

/** For each glyph UTF-8; 0xFE begins a sequence, 0xFF ends the glyph. Neither is a byte of UTF-8. */
function tableOfPsf2(rest: Uint8Array, count: number, file: string): string[][] {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const glyphs: string[][] = [];
  for (let at = 0; glyphs.length < count;) {
    const end = rest.indexOf(0xff, at);
    if (end < 0) throw tableCut(file, glyphs.length, count);
    const parts: string[] = [];
    for (let from = at; from <= end;) {
      const next = rest.subarray(from, end).indexOf(0xfe);
      const until = next < 0 ? end : from + next;
      try {
        parts.push(decoder.decode(rest.subarray(from, until)));
      } catch (error) {
        throw invalid(file, `the characters of glyph ${glyphs.length} are not UTF-8`, error);
      }
      from = until + 1;
    }
    glyphs.push(charactersOf(parts));
    at = end + 1;
  }
  return glyphs;
}

/** What stands before the first sequence are single characters; a sequence counts where one character is its equal. */
function charactersOf([singles = '', ...sequences]: string[]): string[] {
  return [...Array.from(singles), ...sequences.map((sequence) => sequence.normalize('NFC'))];
}

/** Null: nothing, only characters beyond the BMP, or only U+FFFD, which stands for whatever cannot be shown. */
function meaningOf(characters: readonly string[]): string | null {
  return characters.find((one) => one.length === 1 && one >= ' ' && !isPlaceholder(one.charCodeAt(0))) ?? null;
}

/** U+F000 to U+F1FF are Linux' own names of "the glyph at this position". */
function isPlaceholder(code: number): boolean {
  return code === 0xfffd || (code >= 0xf000 && code <= 0xf1ff);
}

function tableCut(file: string, seen: number, count: number): Error {
  return invalid(file, `its table of characters ends after ${seen} of ${count} glyphs`);
}

function invalid(file: string, seen: string, cause?: unknown): Error {
  return fontInvalid(file, 'a PC Screen Font (.psf or .psf.gz)', seen, cause);
}

function hex(bytes: Uint8Array): string {
  return bytes.length === 0 ? 'nothing' : Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
