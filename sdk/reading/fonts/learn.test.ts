import { expect, test } from 'vitest';
import { textContent } from '../../screen/text-fixture.js';
import { codePageBytes, codePageGlyphs, glyphOf, plain } from './fonts.test.helper.js';
import { learnFont } from './learn.js';

/** A text screen whose VGA holds these glyphs, in 32 bytes each as it does; what is beyond a glyph's rows is old. */
function screenWith(bytes: Uint8Array, height: number) {
  const count = bytes.length / height;
  const glyphs = new Uint8Array(count * 32).fill(0x99);
  for (let code = 0; code < count; code++) {
    glyphs.set(bytes.subarray(code * height, (code + 1) * height), code * 32);
  }
  return textContent([], { font: { width: 9, height, glyphs, lineGraphics: true } });
}

/** A font whose lines are not where code page 437 has them: the upper half is turned round. */
function otherBytes(): Uint8Array {
  const bytes = codePageBytes(16);
  const upper = Array.from({ length: 128 }, (_, i) => bytes.slice((255 - i) * 16, (256 - i) * 16));
  upper.forEach((glyph, i) => bytes.set(glyph, (128 + i) * 16));
  return bytes;
}
const known = { name: 'known', width: 8, height: 16, nineDots: true, glyphs: codePageGlyphs(codePageBytes(16), 16) };

test.each([8, 14, 16])('a font of %i rows in code page 437’s order is learned whole', (height) => {
  const bytes = codePageBytes(height);
  const { font, unknown } = learnFont(screenWith(bytes, height), 'my-guest');
  expect(font).toMatchObject({ name: 'my-guest', width: 8, height, nineDots: true });
  expect(plain(font)).toEqual(plain({ glyphs: codePageGlyphs(bytes, height) }));
  expect(unknown).toBe(0);
});

test('of a font in another order ASCII is learned, and what known fonts have', () => {
  const bytes = otherBytes();
  // One glyph that no known font has.
  bytes.fill(0x55, 0x90 * 16, 0x91 * 16);
  const alone = learnFont(screenWith(bytes, 16), 'my-guest');
  expect(alone.font.glyphs.map(({ character }) => character).join('')).toBe(
    Array.from({ length: 95 }, (_, i) => String.fromCharCode(0x20 + i)).join(''),
  );
  const { font, unknown } = learnFont(screenWith(bytes, 16), 'my-guest', [known]);
  expect(glyphOf(font, '│')).toEqual(Array<number>(16).fill(0x18));
  expect(glyphOf(font, 'é')).toEqual(glyphOf(known, 'é'));
  expect(unknown).toBe(1);
  expect(font.glyphs.some(({ rows }) => rows.every((dots) => dots === 0x55))).toBe(false);
});

test('known fonts of another height are no help', () => {
  const { unknown } = learnFont(screenWith(otherBytes(), 16), 'my-guest', [{ ...known, height: 14 }]);
  expect(unknown).toBeGreaterThan(100);
});

test('of the second 256 glyphs those are learned that a known font has', () => {
  const bytes = new Uint8Array(512 * 16);
  bytes.set(codePageBytes(16));
  bytes.fill(0x3c, 300 * 16, 301 * 16);
  bytes.fill(0x3e, 301 * 16, 302 * 16);
  const omega = { character: 'Ω', width: 8, rows: new Uint32Array(16).fill(0x3c) };
  const { font, unknown } = learnFont(screenWith(bytes, 16), 'my-guest', [{ ...known, glyphs: [omega] }]);
  expect(font.glyphs).toHaveLength(255);
  expect(font.glyphs.at(-1)).toMatchObject({ character: 'Ω' });
  expect(unknown).toBe(1);
});
