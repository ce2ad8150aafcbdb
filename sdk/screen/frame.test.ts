import { expect, test } from 'vitest';
import { charmap } from './charmap.js';
import { makeFrame } from './frame.js';
import { textContent, textFrame } from './text-fixture.js';

function pixel(frame: { width: number; rgba: Uint8Array }, x: number, y: number): number[] {
  return [...frame.rgba.subarray(4 * (y * frame.width + x), 4 * (y * frame.width + x) + 4)];
}

const FOREGROUND = [0x77, 0x77, 0x77, 255];
const BACKGROUND = [0, 0, 0, 255];

function oneCell(code: number, attribute: number, dots: number, font: { width?: number; lineGraphics?: boolean } = {}) {
  const content = textContent([], { columns: 1, rows: 1 });
  content.cells.set([code, attribute]);
  content.font.glyphs.fill(dots, code * 32, code * 32 + 32);
  Object.assign(content.font, font);
  return makeFrame(content, 5);
}

test('the character map has 256 characters of one unit each', () => {
  expect(charmap).toHaveLength(256);
  expect(charmap.every((character) => character.length === 1)).toBe(true);
});

test.each([
  [0, ' '],
  [1, '☺'],
  [0x1f, '▼'],
  [0x20, ' '],
  [0x41, 'A'],
  [0x7e, '~'],
  [0x7f, '⌂'],
  [0x80, 'Ç'],
  [0xb0, '░'],
  [0xb3, '│'],
  [0xc4, '─'],
  [0xda, '┌'],
  [0xdb, '█'],
  [0xe1, 'ß'],
  [0xfe, '■'],
  [0xff, ' '],
])('character %d is %j', (code, character) => {
  expect(charmap[code]).toBe(character);
});

test('every character but the spaces stands at one code only', () => {
  const visible = charmap.filter((character) => character !== ' ');
  expect(visible).toHaveLength(253);
  expect(new Set(visible).size).toBe(253);
});

test('80x25 cells of 9x16 dots are a picture of 720x400', () => {
  const frame = textFrame(['hello']);
  expect([frame.width, frame.height, frame.rgba.length, frame.time]).toEqual([720, 400, 720 * 400 * 4, 0]);
});

test('dots are drawn from the highest bit in the colours of the attribute', () => {
  const frame = oneCell(65, 0x17, 0b10000001);
  expect(pixel(frame, 0, 0)).toEqual(FOREGROUND);
  expect(pixel(frame, 1, 0)).toEqual([0x11, 0x11, 0x11, 255]);
  expect(pixel(frame, 7, 15)).toEqual(FOREGROUND);
});

test.each([
  [0xaf, false],
  [0xb0, true],
  [0xc4, true],
  [0xdf, true],
  [0xe0, false],
])('the ninth column of character %d repeats the eighth: %j', (code, repeats) => {
  expect(pixel(oneCell(code, 7, 1), 8, 0)).toEqual(repeats ? FOREGROUND : BACKGROUND);
});

test('the ninth column stays empty when the guest switches line graphics off', () => {
  expect(pixel(oneCell(0xc4, 7, 1, { lineGraphics: false }), 8, 0)).toEqual(BACKGROUND);
});

test('cells of 8 dots have no ninth column, cells of 16 show each dot twice', () => {
  expect(oneCell(65, 7, 1, { width: 8 }).width).toBe(8);
  const doubled = oneCell(65, 7, 0b01000000, { width: 16 });
  expect([0, 1, 2, 3, 4].map((x) => pixel(doubled, x, 0)[0])).toEqual([0, 0, 0x77, 0x77, 0]);
});

test('attribute bit 7 is a bright background whether it blinks or not', () => {
  const content = textContent([], { columns: 1, rows: 1, blink: true });
  content.cells.set([65, 0x97]);
  expect(pixel(makeFrame(content, 0), 0, 0)).toEqual([0x99, 0x99, 0x99, 255]);
});

test('attribute bit 3 picks the second of two fonts', () => {
  const glyphs = new Uint8Array(512 * 32);
  glyphs[(256 + 65) * 32] = 0x80;
  const font = { width: 9, height: 16, glyphs, lineGraphics: false };
  const content = textContent([], { columns: 2, rows: 1, font });
  content.cells.set([65, 0x07, 65, 0x0f]);
  const frame = makeFrame(content, 0);
  expect([pixel(frame, 0, 0)[0], pixel(frame, 9, 0)[0]]).toEqual([0, 0xff]);
  expect(frame.grid?.lines[0]).toBe('A\ufffd');
});

test('the cursor is data and never in the picture', () => {
  const cursor = { column: 3, row: 2, visible: true };
  const frame = textFrame(['x'], { cursor });
  expect(frame.grid?.cursor).toEqual(cursor);
  expect(Buffer.compare(frame.rgba, textFrame(['x']).rgba)).toBe(0);
});

test('the grid has the characters, attributes and cell size', () => {
  const content = textContent(['┌─ Menü ─┐', '│ a  b │']);
  content.cells[1] = 0x4f;
  const { grid } = makeFrame(content, 0);
  expect(grid?.lines[0]).toBe('┌─ Menü ─┐'.padEnd(80));
  expect(grid?.lines).toHaveLength(25);
  expect([grid?.attribute(0, 0), grid?.attribute(1, 0), grid?.attribute(80, 0)]).toEqual([0x4f, 7, 0]);
  expect([grid?.cellWidth, grid?.cellHeight]).toEqual([9, 16]);
});

test('characters in the colour of their background are spaces', () => {
  const content = textContent(['secret']);
  for (let i = 0; i < 6; i++) content.cells[2 * i + 1] = 0x11;
  expect(makeFrame(content, 0).grid?.lines[0]?.trim()).toBe('');
});

test('the picture and the grid are made once', () => {
  const frame = textFrame(['x']);
  expect(frame.rgba).toBe(frame.rgba);
  expect(frame.grid).toBe(frame.grid);
});

test('a blank frame is opaque black without a grid', () => {
  const frame = makeFrame({ kind: 'blank', width: 2, height: 1 }, 0);
  expect([...frame.rgba]).toEqual([0, 0, 0, 255, 0, 0, 0, 255]);
  expect(frame.grid).toBeNull();
});

test('a graphic frame is its own picture', () => {
  const rgba = new Uint8Array(8).fill(255);
  const frame = makeFrame({ kind: 'graphic', width: 2, height: 1, rgba, mode: '2x1, 32 bpp' }, 7);
  expect(frame.rgba).toBe(rgba);
  expect([frame.width, frame.height, frame.grid, frame.time]).toEqual([2, 1, null, 7]);
});
