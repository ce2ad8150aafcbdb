import { expect, test } from 'vitest';
import type { Frame } from '../../../sdk/screen/frame.js';
import type { GraphicContent, TextContent } from '../../../sdk/screen/content.js';
import { Painter } from './painter.js';
import { drawFrame } from './picture.js';

interface TextScreen {
  lines: string[];
  attributes: (column: number, row: number) => number;
  blink?: boolean;
  cursor?: { column: number; row: number; visible: boolean };
}

function textFrame({ lines, attributes, blink = true, cursor }: TextScreen): Frame {
  const columns = lines[0]?.length ?? 0;
  const content: TextContent = {
    kind: 'text',
    columns,
    rows: lines.length,
    cells: new Uint8Array(),
    cursor: cursor ?? null,
    font: { width: 9, height: 16, glyphs: new Uint8Array(), lineGraphics: true },
    palette: new Uint32Array(16),
    blink,
  };
  return {
    time: 0,
    width: columns * 9,
    height: lines.length * 16,
    content,
    rgba: new Uint8Array(),
    grid: {
      columns,
      rows: lines.length,
      cellWidth: 9,
      cellHeight: 16,
      cursor: cursor ?? null,
      lines,
      attribute: attributes,
    },
  };
}

/** @param colour of the pixel at x, y */
function graphicFrame(width: number, height: number, colour: (x: number, y: number) => number[]): Frame {
  const rgba = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) rgba.set([...colour(x, y), 255], (y * width + x) * 4);
  }
  const content: GraphicContent = { kind: 'graphic', width, height, rgba, mode: `${width}x${height}, 32 bpp` };
  return { time: 0, width, height, content, rgba, grid: null };
}

const WIDE = { columns: 80, rows: 24 };

test('grey on black, and a change of colour only where the attribute changes', () => {
  const frame = textFrame({ lines: ['abc'], attributes: (column) => (column < 2 ? 0x07 : 0x1e) });
  // Bright yellow on blue: VGA's blue is bit 0, ANSI's is bit 2.
  expect(drawFrame(frame, WIDE).rows).toEqual(['\x1b[0;37;40mab\x1b[0;93;44mc\x1b[0m']);
});

test.each([
  ['blinks', true, '\x1b[0;5;37;40mx\x1b[0m'],
  ['brightens the background', false, '\x1b[0;37;100mx\x1b[0m'],
])('bit 7 of an attribute %s when the screen says so', (_what, blink, row) => {
  expect(drawFrame(textFrame({ lines: ['x'], attributes: () => 0x87, blink }), WIDE).rows).toEqual([row]);
});

test('no control character of the guest reaches the terminal', () => {
  const frame = textFrame({ lines: ['a\x1b\x9b\u202eb'], attributes: () => 0x07 });
  expect(drawFrame(frame, WIDE).rows).toEqual(['\x1b[0;37;40ma   b\x1b[0m']);
});

test('a screen larger than the terminal is cut, and says what it needs', () => {
  const frame = textFrame({
    lines: ['abcd', 'efgh', 'ijkl'],
    attributes: () => 0x07,
    cursor: { column: 3, row: 2, visible: true },
  });
  const { rows, note, cursor } = drawFrame(frame, { columns: 2, rows: 2 });
  expect(rows).toEqual(['\x1b[0;37;40mab\x1b[0m', '\x1b[0;37;40mef\x1b[0m']);
  expect(note).toBe('cut: needs 4x4');
  expect(cursor).toBeNull();
});

test('the cursor is where the guest has it, when it is visible', () => {
  const at = (visible: boolean) =>
    drawFrame(textFrame({ lines: ['ab'], attributes: () => 7, cursor: { column: 1, row: 0, visible } }), WIDE).cursor;
  expect(at(true)).toEqual({ column: 1, row: 0 });
  expect(at(false)).toBeNull();
});

test('a graphic mode is drawn as half blocks, two pixels a character, and named', () => {
  const frame = graphicFrame(1, 2, (_x, y) => (y === 0 ? [255, 0, 0] : [0, 0, 255]));
  expect(drawFrame(frame, WIDE)).toEqual({
    rows: ['\x1b[38;2;255;0;0;48;2;0;0;255m▀\x1b[0m'],
    cursor: null,
    note: 'graphic mode 1x2, 32 bpp',
  });
});

test('a picture larger than the terminal keeps its proportions and takes the mean of its pixels', () => {
  const frame = graphicFrame(160, 40, (x) => (x % 2 === 0 ? [200, 100, 0] : [100, 0, 0]));
  const { rows } = drawFrame(frame, WIDE);
  expect(rows).toHaveLength(10);
  expect(rows[0]).toBe(`\x1b[38;2;150;50;0;48;2;150;50;0m${'▀'.repeat(80)}\x1b[0m`);
});

const SIZE = { columns: 10, rows: 3 };

test('only rows that changed are drawn again', () => {
  const painter = new Painter();
  painter.paint({ rows: ['one', 'two'], cursor: null, note: null }, 'status', SIZE);
  const update = painter.paint({ rows: ['one', 'TWO'], cursor: null, note: null }, 'status', SIZE);
  expect(update).toContain('\x1b[2;1HTWO\x1b[K');
  expect(update).not.toContain('one');
  expect(update).not.toContain('status');
});

test('a screen that did not change costs nothing', () => {
  const painter = new Painter();
  const picture = { rows: ['one'], cursor: { column: 1, row: 0 }, note: null };
  expect(painter.paint(picture, 'status', SIZE)).toContain('\x1b[1;2H\x1b[?25h');
  expect(painter.paint(picture, 'status', SIZE)).toBe('');
});

test('a cursor that moves alone is moved', () => {
  const painter = new Painter();
  painter.paint({ rows: ['one'], cursor: { column: 1, row: 0 }, note: null }, 'status', SIZE);
  const update = painter.paint({ rows: ['one'], cursor: { column: 2, row: 0 }, note: null }, 'status', SIZE);
  expect(update).toBe('\x1b[?25l\x1b[1;3H\x1b[?25h');
});

test('after clearing, everything is drawn again', () => {
  const painter = new Painter();
  const picture = { rows: ['one'], cursor: null, note: null };
  painter.paint(picture, 'status', SIZE);
  painter.clear();
  expect(painter.paint(picture, 'status', SIZE)).toContain('one');
});

test('a status line that is too long is cut, so that the terminal does not scroll', () => {
  const update = new Painter().paint({ rows: [], cursor: null, note: null }, 'a very long status', SIZE);
  expect(update).toContain('\x1b[3;1H\x1b[0;7ma very lon\x1b[0m');
});
