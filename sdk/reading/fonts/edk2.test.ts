import { expect, test } from 'vitest';
import { findEdk2Font, lzmaSections } from './edk2.js';
import { failureOf, glyphOf, programOf } from './fonts.test.helper.js';

const ASCII = Array.from({ length: 95 }, (_, index) => 0x20 + index);

/** `EFI_NARROW_GLYPH`s: code, attributes, 19 rows; the space is blank. */
function narrowGlyphs(codes: readonly number[]): Uint8Array {
  return Uint8Array.from(
    codes.flatMap((code) => [code & 0xff, code >> 8, 0, ...Array.from({ length: 19 }, (_, y) => rowOf(code, y))]),
  );
}
const rowOf = (code: number, y: number) => (code === 0x20 || code === 0 ? 0 : (code + 3 * y) & 0xff);

test('the array is read from the space to its terminating zero', () => {
  const array = narrowGlyphs([...ASCII, 0xa0, 0x2502, 0x25bc, 0]);
  const font = findEdk2Font(programOf(5_000, [[777, array]]), 'edk2-8x19', 'firmware');
  expect(font).toMatchObject({ name: 'edk2-8x19', width: 8, height: 19, nineDots: false });
  expect(font.glyphs.map(({ character }) => character).join('')).toBe(
    String.fromCharCode(...ASCII, 0xa0, 0x2502, 0x25bc),
  );
  expect(glyphOf(font, '▼')).toEqual(Array.from({ length: 19 }, (_, y) => rowOf(0x25bc, y)));
});

test('an array that ends with the firmware needs no zero', () => {
  const array = narrowGlyphs(ASCII);
  const font = findEdk2Font(programOf(4_000, [[4_000 - array.length, array]]), 'edk2-8x19', 'firmware');
  expect(font.glyphs).toHaveLength(95);
});

test('a few glyphs in a row are no console font', () => {
  const array = narrowGlyphs([...ASCII.slice(0, 40), 0]);
  const error = failureOf(() => findEdk2Font(programOf(5_000, [[100, array]]), 'edk2-8x19', 'OVMF'));
  expect(error).toMatchObject({ kind: 'infrastructure', code: 'font-not-found' });
  expect(error).toMatchObject({ message: expect.stringContaining('edk2-8x19 is not in OVMF') as string });
});

test.each([0, 10, 21, 64, 66])('nothing is read beyond firmware of %i bytes', (size) => {
  const bytes = narrowGlyphs(ASCII).subarray(0, size);
  expect(failureOf(() => findEdk2Font(bytes, 'edk2-8x19', 'OVMF'))).toMatchObject({ code: 'font-not-found' });
});

const GUID = [0x98, 0x58, 0x4e, 0xee, 0x14, 0x39, 0x59, 0x42, 0x9d, 0x6e, 0xdc, 0x7b, 0xd7, 0x94, 0x03, 0xcf];
const DATA = [1, 2, 3, 4, 5];

const short = (size: number, { type = 2, offset = 24 } = {}) =>
  Uint8Array.of(size, 0, 0, type, ...GUID, offset, 0, 1, 0, ...DATA);
const long = (size: number) => Uint8Array.of(0xff, 0xff, 0xff, 2, size, 0, 0, 0, ...GUID, 28, 0, 1, 0, ...DATA);

test('streams are found in sections with short and with long headers', () => {
  const firmware = programOf(500, [
    [100, short(29)],
    [300, long(33)],
  ]);
  expect(lzmaSections(firmware).map((stream) => Array.from(stream))).toEqual([DATA, DATA]);
});

test.each([
  ['of another type', short(29, { type: 1 })],
  ['that is longer than the firmware', short(255)],
  ['whose data begins inside of its header', short(29, { offset: 8 })],
  ['whose data begins behind its end', short(29, { offset: 30 })],
  ['without a header before it', Uint8Array.of(...GUID, 24, 0, 1, 0)],
  ['without anything behind it', Uint8Array.of(29, 0, 0, 2, ...GUID)],
])('a section %s holds no stream', (_what, bytes) => {
  expect(lzmaSections(bytes)).toEqual([]);
});
