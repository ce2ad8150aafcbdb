import { expect, test } from 'vitest';
import { findCodePageFont, isCodePageFont } from './code-page-font.js';
import { codePageBytes, codePageGlyphs, failureOf, glyphOf, plain, programOf } from './fonts.test.helper.js';

test.each([8, 14, 16])('a font of %i rows is found wherever it lies', (height) => {
  const bytes = codePageBytes(height);
  const font = findCodePageFont(programOf(20_000, [[4_321, bytes]]), 'a-font', height, 'a program');
  expect(font).toMatchObject({ name: 'a-font', width: 8, height, nineDots: true });
  expect(plain(font)).toEqual(plain({ glyphs: codePageGlyphs(bytes, height) }));
});

test('characters are those of code page 437, with one space for its three blanks', () => {
  const bytes = codePageBytes(16);
  const font = findCodePageFont(bytes, 'a-font', 16, 'a program');
  expect(font.glyphs.filter(({ character }) => character === ' ')).toHaveLength(1);
  expect(glyphOf(font, '│')).toEqual(Array<number>(16).fill(0x18));
  expect(glyphOf(font, 'é')).toEqual(Array.from(bytes.subarray(0x82 * 16, 0x83 * 16)));
});

test('a font at the very end is whole, one byte less is none', () => {
  const bytes = codePageBytes(16);
  const program = programOf(10_000, [[10_000 - bytes.length, bytes]]);
  expect(findCodePageFont(program, 'a-font', 16, 'a program').glyphs).toHaveLength(254);
  const error = failureOf(() => findCodePageFont(program.subarray(0, -1), 'a-font', 16, 'a program'));
  expect(error).toMatchObject({ kind: 'infrastructure', code: 'font-not-found' });
  expect(error).toMatchObject({ failure: { seen: 'no font of 16 rows in 9999 bytes' } });
});

test('among fonts of other sizes that of the right size is taken', () => {
  const program = programOf(30_000, [
    [1_000, codePageBytes(8)],
    [8_000, codePageBytes(16, 40)],
    [20_000, codePageBytes(14)],
  ]);
  const font = findCodePageFont(program, 'a-font', 16, 'a program');
  expect(plain(font)).toEqual(plain({ glyphs: codePageGlyphs(codePageBytes(16, 40), 16) }));
});

test('the same font twice is one, two that differ are an error', () => {
  const twice = (second: Uint8Array) =>
    programOf(20_000, [
      [100, codePageBytes(16)],
      [9_000, second],
    ]);
  expect(findCodePageFont(twice(codePageBytes(16)), 'a-font', 16, 'a program').glyphs).toHaveLength(254);
  const error = failureOf(() => findCodePageFont(twice(codePageBytes(16, 4)), 'a-font', 16, 'the VGA BIOS'));
  expect(error).toMatchObject({ code: 'font-not-found', failure: { seen: '2 fonts of 16 rows that differ' } });
});

test.each([
  ['the full block', 0xdb, 3],
  ['a blank', 0x20, 3],
  ['the vertical line', 0xb3, 3],
  ['the lower half block', 0xdc, 15],
])('without %s in its place it is no font of code page 437', (_what, code, row) => {
  const bytes = codePageBytes(16);
  expect(isCodePageFont(bytes, 16)).toBe(true);
  bytes[code * 16 + row] = 0x5a;
  expect(isCodePageFont(bytes, 16)).toBe(false);
});

test.each([
  ['nothing', new Uint8Array()],
  ['only zeros', new Uint8Array(100_000)],
  ['only ones', new Uint8Array(100_000).fill(0xff)],
  ['only left half blocks', new Uint8Array(20_000).fill(0xf0)],
])('in %s there is no font', (_what, bytes) => {
  expect(failureOf(() => findCodePageFont(bytes, 'a-font', 16, 'a program'))).toMatchObject({ code: 'font-not-found' });
});
