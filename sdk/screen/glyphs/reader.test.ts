import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { GlyphFont } from '../font.js';
import { rowRegion } from '../page.js';
import type { Picture } from '../picture.js';
import { drawGlyphs, fillRectangle, parseFixtureFonts, plainPicture, setPixel } from './glyphs-fixture.js';
import { GlyphReader } from './index.js';

const fonts = parseFixtureFonts(
  readFileSync(new URL('../../../../sdk/screen/glyphs/fonts.fixture.txt', import.meta.url), 'utf8'),
);

function font(name: string): GlyphFont {
  const found = fonts.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no font ${name}`);
  return found;
}

const LINES = ['The quick brown fox', 'jumps over the lazy dog;', '0123456789 ~ # '];

/** A console of 8x16 cells, white on blue. */
function framebuffer(
  lines: readonly string[] = LINES,
  { width = 400, height = 208, x = 0, y = 0, name = 'linux-8x16' } = {},
): Picture {
  const picture = plainPicture(width, height, 0x0000a8);
  lines.forEach((line, row) => {
    drawGlyphs(picture, font(name), line, { x, y: y + row * font(name).height, ink: 0xffffff });
  });
  return picture;
}

function copy(picture: Picture): Picture {
  return { ...picture, rgba: picture.rgba.slice() };
}

function texts(reader: GlyphReader, picture: Picture): string[] {
  return reader.read(picture).rows.map(({ text }) => text.trimEnd());
}

test.each([
  [0, 0, 400, 208],
  [4, 0, 404, 210],
  [0, 7, 400, 215],
  [5, 2, 411, 213],
])('a grid is found wherever its first cell is (%i, %i)', (x, y, width, height) => {
  const reading = new GlyphReader(fonts).read(framebuffer(LINES, { x, y, width, height }));
  expect(reading.layout).toMatchObject({ kind: 'grid', x, y, cellWidth: 8, cellHeight: 16 });
  expect(reading.rows.slice(0, 3).map(({ text }) => text.trimEnd())).toEqual(LINES.map((line) => line.trimEnd()));
});

test('a console has every row, blank ones too, and its text accounts for all of it', () => {
  const { rows, covered } = new GlyphReader(fonts).read(framebuffer());
  expect(rows).toHaveLength(13);
  expect(rows[5]?.text).toBe(' '.repeat(50));
  expect(rows.every(({ wraps, rung, confidence }) => wraps && rung === 'glyphs' && confidence === 1)).toBe(true);
  expect(covered).toEqual([{ x: 0, y: 0, width: 400, height: 208 }]);
});

test('the font that explains most is named, and another helps out where it fails', () => {
  // A `B` of the VGA's font in a text of the kernel's: 16 printable characters differ.
  const picture = framebuffer();
  const vga = font('vga-8x16').glyphs.find(
    ({ character, rows }) =>
      /[!-~]/.test(character) && !font('linux-8x16').glyphs.some((each) => each.rows.join() === rows.join()),
  );
  if (vga === undefined) throw new Error('the fonts are the same');
  drawGlyphs(picture, font('vga-8x16'), vga.character, { x: 0, y: 64, ink: 0xffffff });
  const { rows, layout } = new GlyphReader(fonts).read(picture);
  expect(layout).toMatchObject({ font: 'linux-8x16' });
  expect(rows[4]?.text.trimEnd()).toBe(vga.character);
});

test('what is in no font is unknown, and not accounted for', () => {
  const picture = framebuffer();
  for (let i = 0; i < 40; i++) setPixel(picture, 64 + ((i * 5) % 8), 80 + ((i * 3) % 16), 0xffffff);
  const { rows, covered } = new GlyphReader(fonts).read(picture);
  expect(rows[5]?.text.trimEnd()).toBe(`${' '.repeat(8)}\ufffd`);
  const holds = covered.some(({ x, y, width, height }) => x < 72 && x + width > 64 && y < 96 && y + height > 80);
  expect(holds).toBe(false);
});

test('a line that touches a picture on a console is not taken for a character', () => {
  const picture = framebuffer();
  for (let i = 0; i < 200; i++) setPixel(picture, 200 + ((i * 7) % 24), 96 + ((i * 5) % 32), 0x300000 + 977 * i);
  fillRectangle(picture, 224, 108, 8, 1, 0xffffff);
  const { rows } = new GlyphReader(fonts).read(picture);
  expect(rows.slice(6, 8).map(({ text }) => text.replaceAll('\ufffd', ' ').trim())).toEqual(['', '']);
});

test.each([
  ['g', 'an underline', 14, 15],
  ['k', 'an underline', 13, 14],
  ['x', 'a block', 0, 15],
])('the character %s is read under %s cursor', (character, _, first, last) => {
  const picture = framebuffer();
  const at = { x: 40, y: 96, ink: first === 0 ? 0x0000a8 : 0xffffff, ground: first === 0 ? 0xffffff : 0x0000a8 };
  drawGlyphs(picture, font('linux-8x16'), character, at);
  if (first > 0) fillRectangle(picture, 40, 96 + first, 8, last - first + 1, 0xffffff);
  expect(new GlyphReader(fonts).read(picture).rows[6]?.text.trimEnd()).toBe(`     ${character}`);
});

test('an underline cursor on a blank is a blank', () => {
  const picture = framebuffer();
  fillRectangle(picture, 40, 96 + 14, 8, 2, 0xffffff);
  const { rows, covered } = new GlyphReader(fonts).read(picture);
  expect(rows[6]?.text.trim()).toBe('');
  expect(covered).toEqual([{ x: 0, y: 0, width: 400, height: 208 }]);
});

test('wide characters are one unit, two cells wide', () => {
  const picture = framebuffer([...LINES, 'C 中文(简体)'], { name: 'unifont-16' });
  const row = new GlyphReader(fonts).read(picture).rows[3];
  expect(row?.text.trimEnd()).toBe('C 中文(简体)');
  expect(row && rowRegion(row, 2, 4)).toEqual({ x: 16, y: 48, width: 32, height: 16 });
  expect(row?.edges).toHaveLength((row?.text.length ?? 0) + 1);
});

test('characters that look the same are told apart by their word', () => {
  const lines = ['Беларуская Albanian', 'Ελληνικά COPA', 'Система HAT'];
  expect(texts(new GlyphReader(fonts), framebuffer([...LINES, ...lines], { name: 'unifont-16' })).slice(3, 6)).toEqual(
    lines,
  );
});

test('Hebrew, drawn from right to left, is read in its order', () => {
  const drawn = Array.from('עברית').reverse().join('');
  const picture = framebuffer([...LINES, `Hebrew - ${drawn}`], { name: 'unifont-16' });
  expect(texts(new GlyphReader(fonts), picture)[3]).toBe('Hebrew - עברית');
});

test('an unchanged picture gives the same answer, without reading', () => {
  const reader = new GlyphReader(fonts);
  const first = reader.read(framebuffer());
  expect(reader.read(framebuffer())).toBe(first);
});

test('of a changed picture only rows that changed are read', () => {
  const reader = new GlyphReader(fonts);
  const picture = framebuffer();
  const before = reader.read(picture).rows;
  const next = copy(picture);
  drawGlyphs(next, font('linux-8x16'), 'dogs', { x: 160, y: 16, ink: 0xffff00, ground: 0x0000a8 });
  const after = reader.read(next).rows;
  expect(after[1]?.text.trimEnd()).toBe('jumps over the lazy dogs');
  expect(after.map((row, i) => row === before[i])).toEqual(after.map((_, i) => i !== 1));
  expect(after).toEqual(new GlyphReader(fonts).read(next).rows);
});

test('an injected comparison decides what has changed', () => {
  let asked = 0;
  const reader = new GlyphReader(fonts, {
    same: () => {
      asked++;
      return true;
    },
  });
  const first = reader.read(framebuffer());
  expect(reader.read(framebuffer(['Something else here']))).toBe(first);
  expect(asked).toBe(1);
});

test('a screen that is cleared is a blank console, and a picture in its place has no text', () => {
  const reader = new GlyphReader(fonts);
  reader.read(framebuffer());
  const blank = reader.read(plainPicture(400, 208, 0));
  expect(blank.layout?.kind).toBe('grid');
  expect(blank.rows.every(({ text }) => text.trim() === '')).toBe(true);
  const drawing = plainPicture(400, 208, 0x808080);
  for (let i = 0; i < 60; i++) fillRectangle(drawing, (i * 37) % 390, (i * 53) % 200, 9, 5, 0x101010 * (i % 16));
  expect(reader.read(drawing)).toEqual({ rows: [], covered: [], layout: null });
  expect(texts(reader, framebuffer()).slice(0, 3)).toEqual(LINES.map((line) => line.trimEnd()));
});

/** Text over something that is never the same twice. */
function menu(selected: number, seconds: number): Picture {
  const picture = plainPicture(480, 320, 0);
  for (let y = 0; y < 320; y++) {
    for (let x = 0; x < 480; x++) setPixel(picture, x, y, ((x >> 2) << 16) | ((y >> 2) << 8) | ((x ^ y) & 31));
  }
  ['Install Linux', 'Try it out', 'Memory test'].forEach((entry, i) => {
    const at = { x: 53, y: 67 + 20 * i, ink: i === selected ? 0xffff80 : 0xe0e0e0 };
    drawGlyphs(picture, font('unifont-16'), entry, at);
  });
  drawGlyphs(picture, font('unifont-16'), `Booting in ${seconds}s`, { x: 91, y: 251, ink: 0xffffff });
  drawGlyphs(picture, font('unifont-16'), '简体', { x: 267, y: 251, ink: 0xffffff });
  return picture;
}

test('text over a picture is read, what is on one height in one row', () => {
  const { rows, layout } = new GlyphReader(fonts).read(menu(0, 30));
  expect(rows.map(({ text }) => text)).toEqual([
    'Install Linux',
    'Try it out',
    'Memory test',
    'Booting in 30s        简体',
  ]);
  expect(rows.map(({ y }) => y)).toEqual([67, 87, 107, 251]);
  expect(rows[0]?.edges[0]).toBe(53);
  expect(rows[0]?.colours[0]).toMatchObject({ foreground: 0xffff80, start: 0 });
  expect(rows[1]?.colours[0]).toMatchObject({ foreground: 0xe0e0e0 });
  expect(layout?.kind).toBe('pieces');
});

test('of a changed menu only the lines that changed are read again, with the same outcome', () => {
  const reader = new GlyphReader(fonts);
  const before = reader.read(menu(0, 30)).rows;
  const next = menu(0, 29);
  const after = reader.read(next).rows;
  expect(after[3]?.text).toBe('Booting in 29s        简体');
  expect(after.slice(0, 3).every((row, i) => row === before[i])).toBe(true);
  const moved = menu(2, 28);
  expect(reader.read(moved).rows).toEqual(new GlyphReader(fonts).read(moved).rows);
});

test('text that disappears from a picture is gone from the reading', () => {
  const reader = new GlyphReader(fonts);
  reader.read(menu(0, 30));
  const next = menu(0, 30);
  fillRectangle(next, 80, 245, 300, 30, 0x123456);
  expect(texts(reader, next)).toEqual(['Install Linux', 'Try it out', 'Memory test']);
});

test('a reader without fonts reads nothing', () => {
  expect(new GlyphReader([]).read(framebuffer())).toEqual({ rows: [], covered: [], layout: null });
});

test('a picture smaller than a cell has no text', () => {
  expect(new GlyphReader(fonts).read(plainPicture(5, 3, 0xff0000)).rows).toEqual([]);
});
