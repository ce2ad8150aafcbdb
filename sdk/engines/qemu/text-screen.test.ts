import { expect, test } from 'vitest';
import type { TextContent } from '../../screen/content.js';
import { drawText } from '../../screen/draw-text.js';
import type { RgbPicture } from './ppm.js';
import { PALETTE, TextReader } from './text-screen.js';
import { GLYPH_BYTES, type TextFont } from './vga-font.js';

/** A font in which every character but the blanks has a drawing of its own, as real ones have. */
function inventFont(height: number): TextFont {
  const glyphs = new Uint8Array(256 * GLYPH_BYTES);
  for (let code = 1; code < 255; code++) {
    if (code === 0x20) continue;
    glyphs.set([code, code ^ 0x55, 0x18, code >> 4], code * GLYPH_BYTES + 2);
  }
  // An underline just where the text cursor is, and a full block.
  glyphs[0x5f * GLYPH_BYTES + height - 3] = 0xff;
  glyphs.fill(0xff, 0xdb * GLYPH_BYTES, 0xdb * GLYPH_BYTES + height);
  return { height, glyphs };
}

const font = inventFont(16);
const reader = new TextReader([font]);

function screen(
  cells: readonly (readonly [column: number, row: number, code: number, attribute: number])[],
): TextContent {
  const content: TextContent = {
    kind: 'text',
    columns: 80,
    rows: 25,
    cells: new Uint8Array(2 * 80 * 25),
    cursor: null,
    font: { width: 9, height: 16, glyphs: font.glyphs, lineGraphics: true },
    palette: PALETTE,
    blink: false,
  };
  for (let cell = 0; cell < 80 * 25; cell++) content.cells.set([0x20, 0x07], 2 * cell);
  for (const [column, row, code, attribute] of cells) content.cells.set([code, attribute], 2 * (80 * row + column));
  return content;
}

function pictureOf(content: TextContent): RgbPicture {
  const rgba = drawText(content);
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let i = 0, j = 0; i < rgba.length; i += 4, j += 3) rgb.set(rgba.subarray(i, i + 3), j);
  return { width: 720, height: 400, rgb };
}

/** The text cursor as QEMU draws it: rows of the foreground over the whole cell. */
function withCursor(picture: RgbPicture, column: number, row: number, colour: number, rows = [13, 14]): RgbPicture {
  const rgb = picture.rgb.slice();
  for (const y of rows) {
    for (let x = 0; x < 9; x++) {
      rgb.set([colour >> 16, (colour >> 8) & 255, colour & 255], 3 * ((row * 16 + y) * 720 + column * 9 + x));
    }
  }
  return { ...picture, rgb };
}

test('every character in every pair of colours is read as it was drawn', () => {
  const cells: [number, number, number, number][] = [];
  for (let code = 1; code < 255; code++) {
    if (code === 0x20 || code === 0xdb) continue;
    const foreground = code & 15;
    const background = (code * 7 + 3) & 15;
    cells.push([
      code % 80,
      Math.floor(code / 80),
      code,
      (background << 4) | (foreground === background ? foreground ^ 8 : foreground),
    ]);
  }
  const content = screen(cells);
  expect(reader.read(pictureOf(content), null)?.cells).toEqual(content.cells);
});

test('what is read is the same picture again', () => {
  const content = screen([
    [3, 4, 0x41, 0x1f],
    [4, 4, 0xc4, 0x70],
  ]);
  const read = reader.read(pictureOf(content), null);
  expect(read && Buffer.compare(drawText(read), drawText(content))).toBe(0);
});

test('cells of one colour are spaces, and their foreground is chosen in one way', () => {
  const read = reader.read(
    pictureOf(
      screen([
        [0, 0, 0xdb, 0x04],
        [1, 0, 0x20, 0x71],
        [2, 0, 0x00, 0x1e],
      ]),
    ),
    null,
  );
  expect([...(read?.cells.subarray(0, 6) ?? [])]).toEqual([0x20, 0x47, 0x20, 0x70, 0x20, 0x17]);
});

test('the text cursor is taken out, over a blank and over a character', () => {
  const content = screen([[6, 2, 0x41, 0x07]]);
  const picture = pictureOf(content);
  for (const column of [5, 6]) {
    const read = reader.read(withCursor(picture, column, 2, 0xa8a8a8), null);
    expect(read?.cells).toEqual(content.cells);
    expect(read?.cursor).toEqual({ column, row: 2, visible: true });
  }
});

test('a character that the cursor hides whole is what was there before, and a blank where nothing is known', () => {
  const content = screen([[6, 2, 0x5f, 0x07]]);
  const only = { ...font, glyphs: font.glyphs.slice() };
  only.glyphs.fill(0, 0x5f * GLYPH_BYTES, 0x60 * GLYPH_BYTES);
  only.glyphs[0x5f * GLYPH_BYTES + 13] = 0xff;
  const underlines = new TextReader([only]);
  const drawn = { ...content, font: { ...content.font, glyphs: only.glyphs } };
  const before = pictureOf(drawn);
  const known = underlines.read(before, null);
  if (known === null) throw new Error('not read');
  const hidden = withCursor(before, 6, 2, 0xa8a8a8);
  expect(underlines.read(hidden, { picture: before, content: known })?.cells[2 * (80 * 2 + 6)]).toBe(0x5f);
  expect(underlines.read(hidden, null)?.cells[2 * (80 * 2 + 6)]).toBe(0x20);
});

test('rows that have not changed are taken from the reading before', () => {
  const first = screen([[0, 0, 0x41, 0x07]]);
  const picture = pictureOf(first);
  const content = reader.read(picture, null);
  if (content === null) throw new Error('not read');
  // A reading that cannot be: it is kept where the row is the same, and only there.
  content.cells[0] = 0x42;
  const next = pictureOf(
    screen([
      [0, 0, 0x41, 0x07],
      [0, 1, 0x43, 0x07],
    ]),
  );
  const read = reader.read(next, { picture, content });
  expect([read?.cells[0], read?.cells[160]]).toEqual([0x42, 0x43]);
});

test('one dot that no glyph explains, and it is no text screen', () => {
  const picture = pictureOf(screen([[0, 0, 0x41, 0x07]]));
  picture.rgb.set([0xa8, 0xa8, 0xa8], 3 * (5 * 720 + 200));
  expect(reader.read(picture, null)).toBeNull();
});

test('a colour that is none of the sixteen, three colours in a cell, two cursors: no text screen', () => {
  const picture = pictureOf(screen([[0, 0, 0x41, 0x07]]));
  const changed = (...dots: [x: number, y: number, colour: number][]): RgbPicture => {
    const rgb = picture.rgb.slice();
    for (const [x, y, colour] of dots) rgb.set([colour >> 16, (colour >> 8) & 255, colour & 255], 3 * (y * 720 + x));
    return { ...picture, rgb };
  };
  expect(reader.read(changed([100, 100, 0x123456]), null)).toBeNull();
  expect(reader.read(changed([1, 0, 0xa80000], [2, 0, 0x00a800]), null)).toBeNull();
  const twice = withCursor(withCursor(picture, 5, 5, 0xa8a8a8), 9, 9, 0xa8a8a8);
  expect(reader.read(twice, null)).toBeNull();
});

test('a picture of another size is no text screen', () => {
  expect(reader.read({ width: 640, height: 480, rgb: new Uint8Array(3 * 640 * 480) }, null)).toBeNull();
});
