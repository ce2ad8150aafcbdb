/** Text modes of the VGA: cells, the guest's own font, cursor. */
import type { TextContent, TextCursor } from '../../../screen/content.js';
import { attributeColours, type DisplayMode, type VgaDevice } from './vga-device.js';

type TextMode = Extract<DisplayMode, { kind: 'text' }>;

const FONT_BYTES = 256 * 32;
/** Characters and attributes are in the first two planes: the address counter wraps there. */
const TEXT_BYTES = 0x20000;

export function readText(vga: VgaDevice, mode: TextMode): TextContent {
  const { columns, rows, cellWidth, cellHeight } = mode;
  return {
    kind: 'text',
    columns,
    rows,
    cells: readCells(vga, mode),
    cursor: readCursor(vga, mode),
    font: {
      width: cellWidth,
      height: cellHeight,
      glyphs: readFont(vga),
      lineGraphics: (vga.attribute_mode & 4) !== 0,
    },
    palette: attributeColours(vga),
    blink: (vga.attribute_mode & 8) !== 0,
  };
}

/** Words from the start of one row to the start of the next; v86 never takes it for less than the columns. */
function rowPitch(vga: VgaDevice, columns: number): number {
  return Math.max(columns, 2 * vga.offset_register);
}

/** The row at which the display starts again from address 0 (split screen). */
function splitRow(vga: VgaDevice, { cellHeight }: TextMode): number {
  const line = vga.max_scan_line & 0x80 ? vga.line_compare >> 1 : vga.line_compare;
  return Math.ceil(line / cellHeight);
}

function readCells(vga: VgaDevice, mode: TextMode): Uint8Array {
  const { columns, rows } = mode;
  const cells = new Uint8Array(2 * columns * rows);
  const pitch = 2 * rowPitch(vga, columns);
  const split = splitRow(vga, mode);
  let start = 2 * vga.start_address;
  for (let row = 0; row < rows; row++, start += pitch) {
    if (row === split) start = 0;
    const from = start % TEXT_BYTES;
    const to = from + 2 * columns;
    const at = 2 * columns * row;
    cells.set(vga.vga_memory.subarray(from, Math.min(to, TEXT_BYTES)), at);
    if (to > TEXT_BYTES) cells.set(vga.vga_memory.subarray(0, to - TEXT_BYTES), at + TEXT_BYTES - from);
  }
  return cells;
}

/**
 * The font, or both where the guest has chosen two: attribute bit 3 picks, a clear bit the one in bits 0, 1 and 4 of
 * the character map register.
 */
function readFont(vga: VgaDevice): Uint8Array {
  const select = vga.character_map_select;
  const clear = fontOffset((select & 3) | ((select & 0x10) >> 2));
  const set = fontOffset(((select & 0x0c) >> 2) | ((select & 0x20) >> 3));
  if (clear === set) return vga.plane2.slice(clear, clear + FONT_BYTES);
  const both = new Uint8Array(2 * FONT_BYTES);
  both.set(vga.plane2.subarray(clear, clear + FONT_BYTES));
  both.set(vga.plane2.subarray(set, set + FONT_BYTES), FONT_BYTES);
  return both;
}

/** Maps 0 to 3 are at 0, 16, 32 and 48 KiB, maps 4 to 7 8 KiB after each. */
function fontOffset(map: number): number {
  return (map & 3) * 0x4000 + (map & 4 ? 0x2000 : 0);
}

function readCursor(vga: VgaDevice, mode: TextMode): TextCursor | null {
  const { columns, rows, cellHeight } = mode;
  const pitch = rowPitch(vga, columns);
  const first = vga.cursor_scanline_start & 31;
  const last = vga.cursor_scanline_end & 31;
  const on = (vga.cursor_scanline_start & 0x20) === 0 && first <= last && first < cellHeight;
  const above = vga.cursor_address < vga.start_address;
  const cell = above ? vga.cursor_address : vga.cursor_address - vga.start_address;
  const row = Math.floor(cell / pitch) + (above ? splitRow(vga, mode) : 0);
  const column = cell % pitch;
  return row < rows && column < columns ? { column, row, visible: on } : null;
}
