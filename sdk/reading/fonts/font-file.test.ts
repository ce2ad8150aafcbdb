import { expect, test } from 'vitest';
import type { GlyphFont } from '../../screen/font.js';
import { decodeFont, encodeFont, isFontFile } from './font-file.js';
import { failureOf, plain } from './fonts.test.helper.js';

const FONT: GlyphFont = {
  name: 'größer',
  width: 8,
  height: 2,
  nineDots: true,
  glyphs: [
    { character: 'A', width: 8, rows: Uint32Array.of(0x18, 0xff) },
    { character: '一', width: 16, rows: Uint32Array.of(0x0001, 0x8000) },
    { character: 'x', width: 10, rows: Uint32Array.of(0x3ff, 0x201) },
    { character: 'y', width: 32, rows: Uint32Array.of(0xffffffff, 0x80000001) },
    { character: 'z', width: 1, rows: Uint32Array.of(1, 0) },
  ],
};
const HEAD = '{"format":"guestwright-font","version":1,"name":"a","width":8,"height":2,"nineDots":true}';

test('a font is the same after writing and reading it', () => {
  const bytes = encodeFont(FONT);
  expect(isFontFile(bytes)).toBe(true);
  const font = decodeFont(bytes, 'a.font');
  expect(font).toMatchObject({ name: 'größer', width: 8, height: 2, nineDots: true });
  expect(plain(font)).toEqual(plain(FONT));
  expect(Buffer.from(encodeFont(font))).toEqual(Buffer.from(bytes));
});

test('a file says in words and digits what each glyph is', () => {
  expect(Buffer.from(encodeFont({ ...FONT, name: 'a' })).toString()).toBe(
    `${HEAD}\n0041:18FF\n4E00/16:00018000\n0078/10:FFC08040\n0079/32:FFFFFFFF80000001\n007A/1:8000\n`,
  );
});

test('the glyphs are read once', () => {
  const font = decodeFont(encodeFont(FONT), 'a.font');
  expect(font.glyphs).toBe(font.glyphs);
});

test.each([
  ['a last line without its end', `${HEAD}\n0041:18FF`, 1],
  ['no glyphs', `${HEAD}\n`, 0],
  ['only the first line', HEAD, 0],
])('%s is a font', (_what, text, count) => {
  expect(decodeFont(Buffer.from(text), 'a.font').glyphs).toHaveLength(count);
});

test.each([
  ['no JSON', 'hello\n', 'not JSON'],
  ['no height', `${HEAD.replace('"height":2,', '')}\n`, 'height'],
  ['a height that is too large', `${HEAD.replace('"height":2', '"height":65')}\n`, 'height'],
  ['another version', `${HEAD.replace('"version":1', '"version":2')}\n`, 'version'],
  ['a glyph that is cut', `${HEAD}\n0041:18F`, 'glyph 1 is "0041:18F"'],
  ['a glyph that is too long', `${HEAD}\n0041:18FF\n0042:18FF0\n`, 'glyph 2 is "0042:18FF0"'],
  ['other letters than digits', `${HEAD}\n0041:18fF\n`, 'glyph 1 is "0041:18fF"'],
  ['no character', `${HEAD}\n41:18FF\n`, 'glyph 1 is "41:18FF"'],
  ['a width of nothing', `${HEAD}\n0041/0:18FF\n`, 'glyph 1'],
  ['a width beyond a word', `${HEAD}\n0041/33:${'FF'.repeat(10)}\n`, 'glyph 1'],
  ['an endless width', `${HEAD}\n0041/${'9'.repeat(1000)}:18FF\n`, 'glyph 1'],
  ['an empty line', `${HEAD}\n\n0041:18FF\n`, 'glyph 1 is ""'],
])('%s is refused in words', (_what, text, seen) => {
  const error = failureOf(() => decodeFont(Buffer.from(text), 'a.font').glyphs);
  expect(error).toMatchObject({
    kind: 'usage',
    code: 'font-invalid',
    failure: { seen: expect.stringContaining(seen) as string },
  });
});
