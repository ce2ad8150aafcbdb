import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { failureOf, glyphOf } from './fonts.test.helper.js';
import { parsePsf } from './psf.js';

/** A glyph that tells which it is; glyph 0 is blank. */
const dots = (index: number, size: number) =>
  Array.from({ length: size }, (_, i) => (index === 0 ? 0 : (index + i) & 0xff));
const utf16 = (...units: number[]) => units.flatMap((unit) => [unit & 0xff, unit >> 8]);

/** @param table characters of each glyph as UTF-16 units, 0xFFFE before a sequence; the rest have none */
function psf1({ mode = 2, height = 16, table = [[]] as number[][] } = {}): Uint8Array {
  const count = mode & 1 ? 512 : 256;
  const glyphs = Array.from({ length: count }, (_, index) => dots(index, height)).flat();
  const entries = Array.from({ length: count }, (_, index) => utf16(...(table[index] ?? []), 0xffff)).flat();
  return Uint8Array.of(0x36, 0x04, mode, height, ...glyphs, ...(mode & 6 ? entries : []));
}

interface Psf2 {
  count?: number;
  width?: number;
  height?: number;
  size?: number;
  header?: number;
  flags?: number;
  /** Of each glyph, as bytes of UTF-8 with 0xFE before a sequence. */
  table?: (string | number)[][];
}

function psf2({ count = 4, width = 12, height = 24, header = 32, flags = 1, table = [], ...rest }: Psf2): Uint8Array {
  const size = rest.size ?? Math.ceil(width / 8) * height;
  const words = Uint32Array.of(0x864ab572, 0, header, flags, count, size, height, width);
  const glyphs = Array.from({ length: Math.min(count, 1000) }, (_, index) => dots(index, size)).flat();
  const entries = Array.from({ length: Math.min(count, 1000) }, (_, index) => [
    ...(table[index] ?? []).flatMap((part) => (typeof part === 'number' ? [part] : [...Buffer.from(part)])),
    0xff,
  ]).flat();
  const filler = Array<number>(Math.max(0, header - 32)).fill(0xaa);
  return Uint8Array.of(...new Uint8Array(words.buffer), ...filler, ...glyphs, ...(flags & 1 ? entries : []));
}

const parse = (bytes: Uint8Array) => parsePsf(bytes, 'a-font', 'a.psf');

test('of a glyph with several characters, the first in its table is what it means', () => {
  const font = parse(
    psf1({
      table: [
        [0x20, 0xa0],
        [0x41, 0x391, 0x410],
        [0x2666, 0xfffd],
      ],
    }),
  );
  expect(font).toMatchObject({ name: 'a-font', width: 8, height: 16, nineDots: true });
  expect(font.glyphs.map(({ character }) => character)).toEqual([' ', 'A', '♦']);
  expect(glyphOf(font, 'A')).toEqual(dots(1, 16));
});

test('what stands for anything, or for a place in the font, means nothing', () => {
  const font = parse(psf1({ table: [[], [0xfffd], [0xf041], [0xfffd, 0x42]] }));
  expect(font.glyphs.map(({ character }) => character)).toEqual(['B']);
});

test('a sequence counts where one character is its equal', () => {
  const font = parse(psf1({ table: [[], [0xfffe, 0x41, 0x30a], [0xfffe, 0x78, 0x30a], [0x43, 0xfffe, 0x41, 0x301]] }));
  expect(font.glyphs.map(({ character }) => character)).toEqual(['Å', 'C']);
  const two = parse(psf2({ table: [[], [0xfe, 'e\u0301'], ['z', 0xfe, 'a\u0301', 0xfe, 'o\u0301'], ['😀', 'ж']] }));
  expect(two.glyphs.map(({ character }) => character)).toEqual(['é', 'z', 'ж']);
});

test('512 glyphs have 512 entries', () => {
  const table = Array.from({ length: 512 }, (_, index) => [0x4e00 + index]);
  const font = parse(psf1({ mode: 3, height: 8, table }));
  expect(font.glyphs).toHaveLength(511);
  expect(glyphOf(font, String.fromCharCode(0x4e00 + 511))).toEqual(dots(511, 8));
});

test('a font without a table is in code page 437’s order', () => {
  const font = parse(psf1({ mode: 0 }));
  expect(glyphOf(font, 'é')).toEqual(dots(0x82, 16));
  expect(parse(psf1({ mode: 1 })).glyphs).toHaveLength(font.glyphs.length);
});

test('rows of a wide glyph are whole, the unused bits at the right left out', () => {
  const font = parse(psf2({ width: 12, height: 2, table: [[], ['A']] }));
  // Rows of two bytes: 01 02, 03 04; the last four bits of each are unused.
  expect(glyphOf(font, 'A')).toEqual([0x010, 0x030]);
  expect(font).toMatchObject({ width: 12, height: 2, nineDots: false });
  const widest = parse(psf2({ width: 32, height: 1, count: 256, table: Array.from({ length: 256 }, () => ['x']) }));
  expect(widest.glyphs.at(-1)?.rows[0]).toBe(0xff000102);
});

test('a longer header is skipped', () => {
  expect(glyphOf(parse(psf2({ header: 48, width: 8, height: 4, table: [[], ['A']] })), 'A')).toEqual(dots(1, 4));
});

test('a gzipped font is the same font', () => {
  const bytes = psf1({ table: [[], [0x41]] });
  expect(parse(gzipSync(bytes))).toEqual(parse(bytes));
});

const whole = psf1({ table: [[0x41]] });
const whole2 = psf2({ table: [['A']] });

test.each([
  ['nothing', new Uint8Array(), 'it begins with nothing'],
  ['something else', Buffer.from('hello'), 'it begins with 68 65 6c 6c'],
  ['only the magic', whole.subarray(0, 2), 'the file ends after 2 bytes'],
  ['half the glyphs', whole.subarray(0, 2000), '256 glyphs of 16 bytes end at byte 4100, the file after 2000'],
  ['half the table', whole.subarray(0, -4), 'its table of characters ends after 254 of 256 glyphs'],
  ['no rows', psf1({ height: 0 }), 'its glyphs are 8x0 pixels'],
  ['too many rows', psf1({ height: 65 }), 'its glyphs are 8x65 pixels'],
  ['half a header of version 2', whole2.subarray(0, 31), 'the file ends after 31 bytes'],
  ['half the glyphs of version 2', whole2.subarray(0, 60), '4 glyphs of 48 bytes end at byte 224, the file after 60'],
  ['half the table of version 2', whole2.subarray(0, -1), 'its table of characters ends after 3 of 4 glyphs'],
  ['a header beyond the file', psf2({ header: 32 }).fill(0xff, 8, 11), 'its header is said to have 16777215 bytes'],
  ['more glyphs than there are characters', psf2({ count: 0xffffffff }), 'it is said to have 4294967295 glyphs'],
  ['no glyphs', psf2({ count: 0 }), 'it is said to have 0 glyphs'],
  ['glyphs too wide', psf2({ width: 33 }), 'its glyphs are 33x24 pixels'],
  ['a size that does not fit', psf2({ size: 47 }), 'a glyph of 12x24 pixels is said to have 47 bytes'],
  ['bytes that are not UTF-8', psf2({ table: [['A'], [0xc3]] }), 'the characters of glyph 1 are not UTF-8'],
  ['a damaged gzip stream', gzipSync(whole).subarray(0, 200), 'it cannot be unpacked'],
  ['a gzip bomb', gzipSync(new Uint8Array(64 << 20)), 'it cannot be unpacked'],
])('%s is refused in words', (_what, bytes, seen) => {
  const error = failureOf(() => parse(bytes));
  expect(error).toMatchObject({
    kind: 'usage',
    code: 'font-invalid',
    message: expect.stringContaining('a.psf') as string,
  });
  expect(error).toMatchObject({ failure: { seen: expect.stringContaining(seen) as string } });
});

test('no cut of a font is anything but a font or refused', () => {
  for (const bytes of [psf1({ height: 1, table: [[0x41]] }), psf2({ width: 8, height: 2, table: [['A']] })]) {
    for (let end = 0; end < bytes.length; end++) {
      expect(failureOf(() => parse(bytes.subarray(0, end)))).toMatchObject({ code: 'font-invalid' });
    }
  }
});
