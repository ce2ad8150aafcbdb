/**
 * Text screens out of pixels: which character, in which colours, stands in each cell, by comparing with the font that the
 * machine's own VGA BIOS has given it. Exact or nothing: one dot that no glyph explains, and it is no text screen.
 *
 * Not out of the guest's text memory, because that alone does not say what is shown: the display may start anywhere in
 * it (Linux scrolls that way), and reading the registers too needs the guest stopped.
 *
 * What pixels cannot say is decided in one way: a cell of one colour is a space (a full block looks the same), and the
 * foreground of a space is light grey, or black on light grey.
 */
import type { TextContent, TextCursor } from '../../screen/content.js';
import { LINE_GRAPHICS } from '../../screen/draw-text.js';
import type { RgbPicture } from './ppm.js';
import { GLYPH_BYTES, type TextFont } from './vga-font.js';

/** Dots of a cell's row: eight of the glyph and the gap, which line graphics fill. */
const CELL_WIDTH = 9;
const ALL_DOTS = (1 << CELL_WIDTH) - 1;
const SPACE = 0x20;

/**
 * The colours of the VGA as it comes out of its BIOS, 0xRRGGBB. Six bits a colour (0x2a, 0x15, 0x3f) made eight as QEMU
 * does it: shifted up, the lowest bit repeated.
 */
export const PALETTE = Uint32Array.of(
  ...[0x000000, 0x0000a8, 0x00a800, 0x00a8a8, 0xa80000, 0xa800a8, 0xa85700, 0xa8a8a8],
  ...[0x575757, 0x5757ff, 0x57ff57, 0x57ffff, 0xff5757, 0xff57ff, 0xffff57, 0xffffff],
);
const ATTRIBUTES = new Map([...PALETTE].map((colour, index) => [colour, index]));

interface Match {
  code: number;
  /** The dots of the glyph have the colour of the cell's first dot. */
  inverted: boolean;
}

/** What was read of a picture, and the picture, so that rows that have not changed need not be read again. */
export interface TextReading {
  readonly picture: RgbPicture;
  readonly content: TextContent;
}

export class TextReader {
  readonly #fonts: readonly GlyphTable[];

  /** @param fonts those of the VGA BIOS */
  constructor(fonts: readonly TextFont[]) {
    this.#fonts = fonts.map((font) => new GlyphTable(font));
  }

  /**
   * @param previous what was read before, if anything: rows that are equal are taken from it, and so is the character
   * under the text cursor where the cursor leaves several open
   * @returns null when the picture is no text screen in one of the fonts
   */
  read(picture: RgbPicture, previous: TextReading | null): TextContent | null {
    for (const table of this.#fonts) {
      if (!fits(picture, table.height)) continue;
      const content = readWith(table, picture, previous);
      if (content !== null) return content;
    }
    return null;
  }
}

/** 80 columns of nine dots; how many rows depends on the font. Nothing but a text mode has this size. */
function fits({ width, height }: RgbPicture, cellHeight: number): boolean {
  return width === 80 * CELL_WIDTH && height >= 350 && height <= 400 && height % cellHeight === 0;
}

function readWith(table: GlyphTable, picture: RgbPicture, previous: TextReading | null): TextContent | null {
  const columns = picture.width / CELL_WIDTH;
  const rows = picture.height / table.height;
  const before = comparable(previous, picture, table.height) ? previous : null;
  const cells = new Uint8Array(2 * columns * rows);
  let cursor: TextCursor | null = null;
  for (let row = 0; row < rows; row++) {
    const rowCells = before?.content.cells.subarray(2 * columns * row, 2 * columns * (row + 1)) ?? null;
    if (rowCells !== null && before !== null && sameStrip(picture, before.picture, row * table.height, table.height)) {
      cells.set(rowCells, 2 * columns * row);
      if (before.content.cursor?.row === row) cursor ??= before.content.cursor;
      continue;
    }
    for (let column = 0; column < columns; column++) {
      const cell = table.readCell(picture, column, row, rowCells?.[2 * column]);
      if (cell === null) return null;
      if (cell.cursor && cursor !== null) return null;
      if (cell.cursor) cursor = { column, row, visible: true };
      cells[2 * (row * columns + column)] = cell.code;
      cells[2 * (row * columns + column) + 1] = cell.attribute;
    }
  }
  const { glyphs, height } = table.font;
  const font = { width: CELL_WIDTH, height, glyphs, lineGraphics: true };
  return { kind: 'text', columns, rows, cells, cursor, font, palette: PALETTE, blink: false };
}

function comparable(previous: TextReading | null, picture: RgbPicture, cellHeight: number): previous is TextReading {
  if (previous === null) return false;
  const { width, height } = previous.picture;
  return width === picture.width && height === picture.height && previous.content.font.height === cellHeight;
}

function sameStrip(a: RgbPicture, b: RgbPicture, y: number, height: number): boolean {
  const from = 3 * y * a.width;
  const to = from + 3 * height * a.width;
  for (let i = from; i < to; i++) if (a.rgb[i] !== b.rgb[i]) return false;
  return true;
}

interface Cell {
  code: number;
  attribute: number;
  cursor: boolean;
}

class GlyphTable {
  readonly font: TextFont;
  readonly height: number;
  /** Rows of all glyphs as nine bits, the leftmost dot highest. */
  readonly #rows: Uint16Array;
  /** Codes by the hash of their rows, as they are and inverted. */
  readonly #byHash = new Map<number, Match[]>();
  readonly #dots: Uint16Array;

  constructor(font: TextFont) {
    this.font = font;
    this.height = font.height;
    this.#dots = new Uint16Array(font.height);
    this.#rows = new Uint16Array(256 * font.height);
    for (let code = 0; code < 256; code++) {
      const repeats = code >= LINE_GRAPHICS.first && code <= LINE_GRAPHICS.last;
      for (let y = 0; y < font.height; y++) {
        const byte = font.glyphs[code * GLYPH_BYTES + y] ?? 0;
        this.#rows[code * font.height + y] = (byte << 1) | (repeats ? byte & 1 : 0);
      }
    }
    for (const code of byPreference()) for (const inverted of [false, true]) this.#add(code, inverted);
  }

  #add(code: number, inverted: boolean): void {
    for (let y = 0; y < this.height; y++) this.#dots[y] = this.#glyphRow(code, y) ^ (inverted ? ALL_DOTS : 0);
    const hash = hashOf(this.#dots);
    const matches = this.#byHash.get(hash);
    if (matches === undefined) this.#byHash.set(hash, [{ code, inverted }]);
    else matches.push({ code, inverted });
  }

  #glyphRow(code: number, y: number): number {
    return this.#rows[code * this.height + y] ?? 0;
  }

  /** @param before the character that was there before */
  readCell(picture: RgbPicture, column: number, row: number, before: number | undefined): Cell | null {
    const { rgb, width } = picture;
    const dots = this.#dots;
    const stride = 3 * width;
    let at = row * this.height * stride + column * CELL_WIDTH * 3;
    const first = colourAt(rgb, at);
    let second = -1;
    for (let y = 0; y < this.height; y++, at += stride) {
      let bits = 0;
      for (let x = 0; x < CELL_WIDTH; x++) {
        const colour = colourAt(rgb, at + 3 * x);
        bits <<= 1;
        if (colour === first) continue;
        if (second === -1) second = colour;
        else if (colour !== second) return null;
        bits |= 1;
      }
      dots[y] = bits;
    }
    const [a, b] = [ATTRIBUTES.get(first), ATTRIBUTES.get(second)];
    if (a === undefined) return null;
    if (second === -1) return { code: SPACE, attribute: spaceOn(a), cursor: false };
    return b === undefined ? null : (this.#exactly(a, b) ?? this.#withCursor(a, b, before));
  }

  #exactly(first: number, second: number): Cell | null {
    const dots = this.#dots;
    for (const { code, inverted } of this.#byHash.get(hashOf(dots)) ?? []) {
      const flip = inverted ? ALL_DOTS : 0;
      if (!dots.every((bits, y) => bits === (this.#glyphRow(code, y) ^ flip))) continue;
      return { code, attribute: inverted ? (second << 4) | first : (first << 4) | second, cursor: false };
    }
    return null;
  }

  /**
   * The text cursor is rows of the foreground over the whole width of a cell, some way down. The rows that it leaves are
   * compared; of the glyphs that are left, what was there before is taken, or a space, or the one that comes first.
   */
  #withCursor(first: number, second: number, before: number | undefined): Cell | null {
    const found = [false, true].flatMap((inverted) => {
      const run = fullRows(this.#dots, inverted);
      return run === null ? [] : [{ inverted, ...run }];
    });
    found.sort((one, other) => one.to - one.from - (other.to - other.from));
    for (const { inverted, from, to } of found) {
      const flip = inverted ? ALL_DOTS : 0;
      const isUnder = (code: number): boolean =>
        this.#dots.every((bits, y) => (y >= from && y <= to) || bits === (this.#glyphRow(code, y) ^ flip));
      const code = [before ?? SPACE, SPACE, ...byPreference()].find(isUnder);
      if (code === undefined) continue;
      const [background, foreground] = inverted ? [second, first] : [first, second];
      const attribute = this.#isBlank(code) ? spaceOn(background) : (background << 4) | foreground;
      return { code, attribute, cursor: true };
    }
    return null;
  }

  #isBlank(code: number): boolean {
    const start = code * this.height;
    return this.#rows.subarray(start, start + this.height).every((bits) => bits === 0);
  }
}

/** The longest run of rows that are all foreground; null when there is none, or when all rows are. */
function fullRows(dots: Uint16Array, inverted: boolean): { from: number; to: number } | null {
  const full = inverted ? 0 : ALL_DOTS;
  let best: { from: number; to: number } | null = null;
  for (let y = 0; y < dots.length; y++) {
    if (dots[y] !== full) continue;
    const from = y;
    while (y + 1 < dots.length && dots[y + 1] === full) y++;
    if (best === null || y - from > best.to - best.from) best = { from, to: y };
  }
  return best === null || best.to - best.from + 1 === dots.length ? null : best;
}

/** Codes in the order in which they are taken where glyphs are the same: ASCII before the rest, and from the lowest. */
function byPreference(): number[] {
  const codes = Array.from({ length: 256 }, (_, code) => code);
  const isAscii = (code: number): boolean => code >= SPACE && code < 0x7f;
  return [...codes.filter(isAscii), ...codes.filter((code) => !isAscii(code))];
}

const BLACK = 0;
const LIGHT_GREY = 7;

function spaceOn(background: number): number {
  return (background << 4) | (background === LIGHT_GREY ? BLACK : LIGHT_GREY);
}

function colourAt(rgb: Uint8Array, at: number): number {
  return ((rgb[at] ?? 0) << 16) | ((rgb[at + 1] ?? 0) << 8) | (rgb[at + 2] ?? 0);
}

/** FNV-1a over the rows. */
function hashOf(dots: Uint16Array): number {
  let hash = 0x811c9dc5;
  for (const bits of dots) hash = Math.imul(hash ^ bits, 0x01000193);
  return hash >>> 0;
}
