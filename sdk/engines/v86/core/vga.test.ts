import { expect, test } from 'vitest';
import type { GraphicContent, TextContent } from '../../../screen/content.js';
import type { MutableVga } from './vga-fixture.js';
import { byteVga, cgaVga, linearVga, makeVga, planarVga, textVga } from './vga-fixture.js';
import { readScreen, ScreenWatch, type VgaDevice } from './vga.js';

const NONE = new Uint8Array(0);

function text(vga: VgaDevice): TextContent {
  const content = readScreen(vga, NONE);
  if (content.kind !== 'text') throw new Error(`a text screen was expected, got ${content.kind}`);
  return content;
}

function graphic(vga: VgaDevice, memory = NONE): GraphicContent {
  const content = readScreen(vga, memory);
  if (content.kind !== 'graphic') throw new Error(`a graphic screen was expected, got ${content.kind}`);
  return content;
}

/** The red channel of a pixel: the DAC's colours are greys, so it is the DAC index. */
function red(content: GraphicContent, x: number, y: number): number {
  return content.rgba[4 * (y * content.width + x)] ?? -1;
}

function write(vga: MutableVga, cell: number, words: string, attribute = 7): void {
  for (let i = 0; i < words.length; i++) {
    vga.vga_memory[2 * (cell + i)] = words.charCodeAt(i);
    vga.vga_memory[2 * (cell + i) + 1] = attribute;
  }
}

function words(content: TextContent, row: number, column: number, length: number): string {
  return Array.from({ length }, (_, i) =>
    String.fromCharCode(content.cells[2 * (row * content.columns + column + i)] ?? 0),
  ).join('');
}

test('before any mode is set the screen is blank', () => {
  expect(readScreen(makeVga(), NONE)).toEqual({ kind: 'blank', width: 720, height: 400 });
});

test('a text screen has its cells, colours, font and cursor', () => {
  const vga = textVga({ cursor_address: 85 });
  write(vga, 80, 'hello', 0x1e);
  vga.plane2[32 * 104 + 3] = 0xaa;
  const content = text(vga);
  expect([content.columns, content.rows, content.font.width, content.font.height]).toEqual([80, 25, 9, 16]);
  expect(words(content, 1, 0, 5)).toBe('hello');
  expect(content.cells[161]).toBe(0x1e);
  expect(content.font.glyphs[32 * 104 + 3]).toBe(0xaa);
  expect(content.palette[9]).toBe(0x090909);
  expect(content.cursor).toEqual({ column: 5, row: 1, visible: true });
  expect(content.font.lineGraphics).toBe(true);
  expect(content.blink).toBe(true);
});

test('a console that scrolls by moving the start address is read from there', () => {
  const vga = textVga({ start_address: 160, cursor_address: 163 });
  write(vga, 160, 'top');
  const content = text(vga);
  expect(words(content, 0, 0, 3)).toBe('top');
  expect(content.cursor).toEqual({ column: 3, row: 0, visible: true });
});

test('rows that are longer in memory than on the screen are cut, not mixed', () => {
  const vga = textVga({ offset_register: 50 });
  write(vga, 100, 'second');
  expect(words(text(vga), 1, 0, 6)).toBe('second');
});

test('below the line compare the screen starts again at address 0', () => {
  const vga = textVga({ start_address: 400, line_compare: 10 * 16 });
  write(vga, 0, 'panel');
  write(vga, 400, 'scrolled');
  const content = text(vga);
  expect(words(content, 0, 0, 8)).toBe('scrolled');
  expect(words(content, 10, 0, 5)).toBe('panel');
});

test('a start address near the end of the memory wraps instead of showing the font', () => {
  const vga = textVga({ start_address: 0xffff });
  write(vga, 0xffff, 'a');
  write(vga, 0, 'bc');
  vga.plane2.fill(0x55);
  expect(words(text(vga), 0, 0, 3)).toBe('abc');
});

test.each([
  ['bit 5 of its start line is set', { cursor_scanline_start: 0x2e }],
  ['it starts below its end', { cursor_scanline_start: 31, cursor_scanline_end: 30 }],
  ['it starts below the cell', { cursor_scanline_start: 20, cursor_scanline_end: 25 }],
])('the cursor is hidden when %s', (_, registers) => {
  expect(text(textVga(registers)).cursor).toEqual({ column: 0, row: 0, visible: false });
});

test('a cursor of one scan line is visible', () => {
  expect(text(textVga({ cursor_scanline_start: 15, cursor_scanline_end: 15 })).cursor?.visible).toBe(true);
});

test('a cursor outside the screen is none', () => {
  expect(text(textVga({ cursor_address: 2000 })).cursor).toBeNull();
});

test.each([
  [{ clocking_mode: 1 }, 80, 25, 8, 16],
  [{ max_scan_line: 0x47 }, 80, 50, 9, 8],
  [{ horizontal_display_enable_end: 131, horizontal_blank_start: 132, offset_register: 66 }, 132, 25, 9, 16],
  [{ horizontal_display_enable_end: 39, horizontal_blank_start: 40, clocking_mode: 8 }, 40, 25, 16, 16],
])('text registers %j give %dx%d cells of %dx%d dots', (registers, columns, rows, width, height) => {
  const content = text(textVga(registers));
  expect([content.columns, content.rows, content.font.width, content.font.height]).toEqual([
    columns,
    rows,
    width,
    height,
  ]);
});

test('two fonts are read when the character map register names two', () => {
  const vga = textVga({ character_map_select: 0x04 });
  vga.plane2[5] = 1;
  vga.plane2[0x4000 + 5] = 2;
  const { glyphs } = text(vga).font;
  expect([glyphs.length, glyphs[5], glyphs[256 * 32 + 5]]).toEqual([512 * 32, 1, 2]);
});

test('one font is read from the slot that the character map register names', () => {
  const vga = textVga({ character_map_select: 0x10 | 0x20 });
  vga.plane2[0x2000 + 7] = 9;
  const { glyphs } = text(vga).font;
  expect([glyphs.length, glyphs[7]]).toEqual([256 * 32, 9]);
});

test('the DAC mask, the colour-select register and the plane mask shape the text colours', () => {
  expect(text(textVga({ dac_mask: 0x07 })).palette[9]).toBe(0x010101);
  expect(text(textVga({ color_select: 4 })).palette[9]).toBe(0x494949);
  expect(text(textVga({ attribute_mode: 0x8c, color_select: 5 })).palette[9]).toBe(0x595959);
  expect(text(textVga({ color_plane_enable: 7 })).palette[9]).toBe(0x010101);
});

test.each([
  ['the palette address source is off', { palette_source: 0 }],
  ['the sequencer switches the screen off', { clocking_mode: 0x20 }],
])('a text screen is blank when %s', (_, registers) => {
  expect(readScreen(textVga(registers), NONE)).toEqual({ kind: 'blank', width: 720, height: 400 });
});

test('planar memory gives 16 colours, the leftmost pixel in the highest bit', () => {
  const vga = planarVga();
  vga.plane0[80] = 0x80;
  vga.plane3[80] = 0xc0;
  const content = graphic(vga);
  expect([content.width, content.height, content.mode]).toEqual([640, 480, '640x480, 16 colours (640x480 dots)']);
  expect([red(content, 0, 1), red(content, 1, 1), red(content, 2, 1)]).toEqual([9, 8, 0]);
  expect(content.rgba[3]).toBe(255);
});

test('panning moves a planar picture by dots, byte panning by eight', () => {
  const vga = planarVga({ horizontal_panning: 3 });
  vga.plane0[0] = 0b00010000;
  vga.plane0[80] = 0x80;
  expect(red(graphic(vga), 0, 0)).toBe(1);
  expect(red(graphic(vga), 637, 0)).toBe(1);
  vga.preset_row_scan = 0x20;
  vga.plane0[1] = 0b00010000;
  vga.plane0[0] = 0;
  expect(red(graphic(vga), 0, 0)).toBe(1);
});

test('below the line compare a planar picture starts again, unpanned when the mode register says so', () => {
  const vga = planarVga({ start_address: 0x1000, line_compare: 99, horizontal_panning: 1, attribute_mode: 0x21 });
  vga.plane0[0] = 0x80;
  vga.plane1[0x1000] = 0x40;
  const content = graphic(vga);
  expect(red(content, 0, 0)).toBe(2);
  expect(red(content, 0, 100)).toBe(1);
  vga.attribute_mode = 1;
  expect(red(graphic(vga), 0, 100)).toBe(0);
});

test('320x200 in 4 colours has odd lines in the other bank, dots doubled both ways', () => {
  const vga = cgaVga();
  vga.plane0[0] = 0b11_00_00_01;
  vga.plane1[0] = 0b10_00_00_00;
  vga.plane0[0x2000] = 0b01_00_00_00;
  vga.plane0[80] = 0b10_00_00_00;
  const content = graphic(vga);
  expect([content.width, content.height, content.mode]).toEqual([640, 400, '320x200, 4 colours (640x400 dots)']);
  expect([0, 1, 2, 6, 7, 8, 10].map((x) => red(content, x, 0))).toEqual([3, 3, 0, 1, 1, 2, 0]);
  expect([0, 1, 2, 3, 4, 5].map((y) => red(content, 0, y))).toEqual([3, 3, 1, 1, 2, 2]);
});

test('320x200 in 256 colours takes a byte a pixel, chained over the planes, dots doubled both ways', () => {
  const vga = byteVga();
  const put = (address: number, value: number) => {
    [vga.plane0, vga.plane1, vga.plane2, vga.plane3][address & 3]?.fill(value, address & ~3, (address & ~3) + 1);
  };
  put(0, 11);
  put(1, 12);
  put(5, 15);
  put(320, 33);
  const content = graphic(vga);
  expect([content.width, content.height, content.mode]).toEqual([640, 400, '320x200, 256 colours (640x400 dots)']);
  expect([0, 1, 2, 3, 10, 11].map((x) => red(content, x, 0))).toEqual([11, 11, 12, 12, 15, 15]);
  expect([0, 1, 2, 3].map((y) => red(content, 0, y))).toEqual([11, 11, 33, 33]);
});

test('unchained 256 colours are read address by address, from a start address that pages them', () => {
  const vga = byteVga({ underline_location_register: 0, crtc_mode: 0xe3, start_address: 0x4000 });
  vga.plane2[0x4000 + 80] = 77;
  expect(red(graphic(vga), 4, 2)).toBe(77);
});

test('a 32 bpp frame buffer is read from its offset, blue first', () => {
  const memory = new Uint8Array(4 * 8);
  memory.set([3, 2, 1, 0], 8);
  const content = graphic(linearVga(2, 2, 32, { svga_offset: 2 }), memory);
  expect([...content.rgba.subarray(0, 4)]).toEqual([1, 2, 3, 255]);
  expect(content.mode).toBe('2x2, 32 bpp');
});

test.each([
  [15, [0x00, 0x7c], [255, 0, 0, 255]],
  [15, [0xe0, 0x03], [0, 255, 0, 255]],
  [16, [0x00, 0xf8], [255, 0, 0, 255]],
  [16, [0x20, 0x00], [0, 4, 0, 255]],
  [16, [0x04, 0x00], [0, 0, 33, 255]],
  [24, [1, 2, 3], [3, 2, 1, 255]],
  [8, [9], [9, 9, 9, 255]],
])('a pixel of %d bpp with bytes %j is %j', (bpp, bytes, rgba) => {
  const vga = linearVga(1, 1, bpp, { vga256_palette: Int32Array.from({ length: 256 }, (_, i) => i * 0x10101) });
  expect([...graphic(vga, Uint8Array.from(bytes)).rgba]).toEqual(rgba);
});

test('an unaligned view of the video memory reads the same', () => {
  const memory = new Uint8Array(9).subarray(1);
  memory.set([30, 20, 10, 0, 3, 2, 1, 0]);
  expect([...graphic(linearVga(2, 1, 32), memory).rgba]).toEqual([10, 20, 30, 255, 1, 2, 3, 255]);
});

test('what lies beyond the video memory is black', () => {
  const content = graphic(linearVga(1, 2, 32), Uint8Array.of(9, 9, 9, 9));
  expect([...content.rgba]).toEqual([9, 9, 9, 255, 0, 0, 0, 255]);
});

test('a depth that v86 does not emulate is black and says so', () => {
  const content = graphic(linearVga(4, 1, 4), new Uint8Array(64).fill(255));
  expect(content.mode).toBe('4x1, 4 bpp, which v86 does not emulate: shown black');
  expect([...content.rgba.subarray(0, 4)]).toEqual([0, 0, 0, 255]);
});

test('a frame buffer whose driver blanks it is blank in its size', () => {
  expect(readScreen(linearVga(800, 600, 32, { palette_source: 0 }), NONE)).toEqual({
    kind: 'blank',
    width: 800,
    height: 600,
  });
});

test('reading writes to nothing: a frozen device and untouched memory', () => {
  const memory = new Uint8Array(4 * 64);
  for (const vga of [textVga(), planarVga(), cgaVga(), byteVga(), linearVga(8, 8, 32)]) {
    const before = vga.vga_memory.slice();
    Object.freeze(vga);
    readScreen(vga, memory);
    new ScreenWatch().changed(vga, memory);
    expect(Buffer.compare(vga.vga_memory, before)).toBe(0);
  }
  expect(memory.every((byte) => byte === 0)).toBe(true);
});

const watched: [string, () => MutableVga, (vga: MutableVga, memory: Uint8Array) => void][] = [
  ['a character', textVga, (vga) => void (vga.vga_memory[1998 * 2] = 65)],
  ['an attribute', textVga, (vga) => void (vga.vga_memory[1] = 1)],
  ['the font', textVga, (vga) => void (vga.plane2[40] = 1)],
  ['the cursor position', textVga, (vga) => void (vga.cursor_address = 3)],
  ['the cursor going', textVga, (vga) => void (vga.cursor_scanline_start = 0x20)],
  ['a colour in use', textVga, (vga) => void (vga.vga256_palette[7] = 1)],
  ['the start address', textVga, (vga) => void ((vga.start_address = 80), (vga.vga_memory[4000] = 1))],
  ['blanking', textVga, (vga) => void (vga.palette_source = 0)],
  ['a planar pixel', planarVga, (vga) => void (vga.plane3[80 * 479 + 79] = 1)],
  ['a planar colour', planarVga, (vga) => void (vga.vga256_palette[15] = 0)],
  ['a CGA pixel in the second bank', cgaVga, (vga) => void (vga.plane1[0x2000 + 2] = 1)],
  ['a byte pixel', byteVga, (vga) => void (vga.plane3[63996] = 1)],
  ['a byte colour', byteVga, (vga) => void (vga.vga256_palette[200] = 5)],
  ['the mode', planarVga, (vga) => void Object.assign(vga, byteVga({ vga_memory: vga.vga_memory }))],
  ['a frame buffer pixel', () => linearVga(16, 16, 32), (_, memory) => void (memory[1023] = 1)],
  [
    'a frame buffer offset',
    () => linearVga(16, 16, 32),
    (vga, memory) => ((vga.svga_offset = 16), void (memory[1024] = 1)),
  ],
  ['an 8 bpp colour', () => linearVga(16, 16, 8), (vga) => void (vga.vga256_palette[0] = 1)],
];

test.each(watched)('the watch sees %s change, once', (_, make, change) => {
  const vga = make();
  const memory = new Uint8Array(4096);
  const watch = new ScreenWatch();
  expect([watch.changed(vga, memory), watch.changed(vga, memory)]).toEqual([true, false]);
  change(vga, memory);
  expect([watch.changed(vga, memory), watch.changed(vga, memory)]).toEqual([true, false]);
});

const unseen: [string, () => MutableVga, (vga: MutableVga, memory: Uint8Array) => void][] = [
  ['text beside the screen', textVga, (vga) => void (vga.vga_memory[4000] = 65)],
  ['another font slot', textVga, (vga) => void (vga.plane2[0x4000] = 1)],
  ['a colour that no attribute has', textVga, (vga) => void (vga.vga256_palette[99] = 1)],
  ['a page of planar memory that is not shown', planarVga, (vga) => void (vga.plane0[0xa000] = 1)],
  ['memory after the frame buffer', () => linearVga(16, 16, 32), (_, memory) => void (memory[1024] = 1)],
  ['a DAC colour at 32 bpp', () => linearVga(16, 16, 32), (vga) => void (vga.vga256_palette[1] = 1)],
];

test.each(unseen)('the watch does not see %s', (_, make, change) => {
  const vga = make();
  const memory = new Uint8Array(4096);
  const watch = new ScreenWatch();
  watch.changed(vga, memory);
  change(vga, memory);
  expect(watch.changed(vga, memory)).toBe(false);
});
