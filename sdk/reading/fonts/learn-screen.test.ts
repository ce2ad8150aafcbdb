import { expect, test } from 'vitest';
import type { GlyphFont } from '../../screen/font.js';
import type { Picture } from '../../screen/picture.js';
import { glyphOf } from './fonts.test.helper.js';
import { learnFontFromScreen } from './learn-screen.js';

/** Letters that fill their cells to the edges, each a pattern of its own. */
function fontOf(width: number, height: number): GlyphFont {
  const characters = Array.from('abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789│');
  const full = width === 32 ? 0xffffffff : 2 ** width - 1;
  const glyphs = characters.map((character, index) => ({
    character,
    width,
    rows: Uint32Array.from({ length: height }, (_, y) =>
      y === 0 || y === height - 1 ? 1 + 2 ** (width - 1) : ((index + 3) * (y * y + 5)) & (full >>> 1) & ~7,
    ),
  }));
  return { name: 'true', width, height, nineDots: width === 8, glyphs };
}

interface Drawing {
  font: GlyphFont;
  cellWidth?: number;
  x?: number;
  y?: number;
  width?: number;
  height?: number;
  /** Rows that are drawn with colours exchanged. */
  inverse?: number[];
}

function draw(lines: readonly string[], drawing: Drawing): Picture {
  const { font, cellWidth = font.width, x = 0, y = 0, inverse = [] } = drawing;
  const { width = 320, height = 240 } = drawing;
  const rgba = new Uint8Array(width * height * 4).fill(255);
  const paint = (px: number, py: number, on: boolean) =>
    rgba.set(on ? [200, 200, 200] : [0, 0, 90], 4 * (py * width + px));
  for (let py = 0; py < height; py++) for (let px = 0; px < width; px++) paint(px, py, false);
  lines.forEach((line, row) => {
    Array.from(line).forEach((character, column) => {
      const rows = glyphOf(font, character) ?? Array<number>(font.height).fill(0);
      for (let py = 0; py < font.height; py++) {
        for (let px = 0; px < cellWidth; px++) {
          const on = px < font.width && ((rows[py] ?? 0) >>> (font.width - 1 - px)) & 1;
          paint(x + column * cellWidth + px, y + row * font.height + py, (on === 1) !== inverse.includes(row));
        }
      }
    });
  });
  return { width, height, rgba };
}

const LINES = ['  boot0  menu │', '', 'select an entry    ', '  Debian I 12', '│ bottom │'];

test.each([
  ['8x16', 8, 16],
  ['8x19, as of UEFI', 8, 19],
  ['10x20, as of Terminus', 10, 20],
  ['16x32, on screens of many pixels', 16, 32],
])('cells of %s are found, and every character on them is learned', (_what, width, height) => {
  const font = fontOf(width, height);
  const result = learnFontFromScreen(draw(LINES, { font }), LINES.join('\n'), 'my-guest');
  if (result.kind !== 'learned') throw new Error(result.kind);
  expect(result.grid).toEqual({ x: 0, y: 0, width, height });
  const characters = [...new Set(LINES.join('').replaceAll(' ', ''))].sort();
  expect(result.font).toMatchObject({ name: 'my-guest', width, height });
  expect(result.font.glyphs.map((glyph) => glyph.character)).toEqual(characters);
  for (const character of characters) expect(glyphOf(result.font, character)).toEqual(glyphOf(font, character));
});

test('text with a margin is found', () => {
  const font = fontOf(8, 19);
  const result = learnFontFromScreen(draw(LINES, { font, x: 4, y: 2 }), LINES.join('\n'), 'my-guest', font);
  expect(result).toMatchObject({ kind: 'learned', grid: { x: 4, y: 2, width: 8, height: 19 } });
});

test('of cells of 9 pixels the first 8 are the glyph', () => {
  const font = fontOf(8, 16);
  const result = learnFontFromScreen(draw(LINES, { font, cellWidth: 9 }), LINES.join('\n'), 'my-guest');
  if (result.kind !== 'learned') throw new Error(result.kind);
  expect(result.grid).toMatchObject({ width: 9, height: 16 });
  expect(result.font).toMatchObject({ width: 8, nineDots: true });
  expect(glyphOf(result.font, 'b')).toEqual(glyphOf(font, 'b'));
});

test('a highlighted row tells the same glyphs', () => {
  const font = fontOf(8, 16);
  const picture = draw(LINES, { font, inverse: [2] });
  // Only what is highlighted has these letters.
  const result = learnFontFromScreen(picture, LINES.join('\r\n'), 'my-guest');
  if (result.kind !== 'learned') throw new Error(result.kind);
  for (const character of 'lcyr') expect(glyphOf(result.font, character)).toEqual(glyphOf(font, character));
});

test('a character that looks different in another place is a contradiction, with its place', () => {
  const font = fontOf(8, 16);
  const wrong = [...LINES.slice(0, 3), '  Debian I 11', ...LINES.slice(4)];
  expect(learnFontFromScreen(draw(LINES, { font }), wrong.join('\n'), 'my-guest', font)).toEqual({
    kind: 'contradiction',
    grid: { x: 0, y: 0, width: 8, height: 16 },
    character: '1',
    row: 3,
    column: 12,
  });
});

test.each([
  ['other text', LINES.map((line) => `${line}xyz`)],
  ['text that is wider than the picture', ['a'.repeat(200)]],
  ['too little text', ['', '', 'select']],
  ['no text', []],
])('%s fits no grid', (_what, text) => {
  const picture = draw(LINES, { font: fontOf(8, 16) });
  expect(learnFontFromScreen(picture, text.join('\n'), 'my-guest').kind).toBe('no-grid');
});

test.each([
  { width: 0, height: 16 },
  { width: 33, height: 16 },
  { width: 8, height: 65 },
])('cells of $width x $height pixels fit nothing', (cell) => {
  const picture = draw(LINES, { font: fontOf(8, 16) });
  expect(learnFontFromScreen(picture, LINES.join('\n'), 'my-guest', cell)).toEqual({ kind: 'no-grid', tried: [cell] });
});
