/** A frame: what the screen showed at one guest instant. A value; it never changes. */
import type { GuestTime } from '../engines/engine.js';
import { charmap, UNKNOWN_CHARACTER } from './charmap.js';
import type { ScreenContent, TextContent, TextCursor } from './content.js';
import { drawText, GLYPH_BYTES, glyphIndex } from './draw-text.js';

export interface Frame {
  readonly time: GuestTime;
  readonly width: number;
  readonly height: number;
  readonly content: ScreenContent;
  /** RGBA, drawn on first use. Never holds the text cursor. */
  readonly rgba: Uint8Array;
  /** The characters, when the guest is in a text mode. */
  readonly grid: CellGrid | null;
}

/** A text screen's characters. */
export interface CellGrid {
  readonly columns: number;
  readonly rows: number;
  /** Pixels of a cell. */
  readonly cellWidth: number;
  readonly cellHeight: number;
  readonly cursor: TextCursor | null;
  /**
   * Unicode text of the rows, each `columns` characters (UTF-16 units). A character in the colour of its background
   * cannot be seen, and is a space here.
   */
  readonly lines: readonly string[];
  /** Attribute byte of a cell; 0 outside the screen. */
  attribute(column: number, row: number): number;
}

/** A frame of what an engine saw. Keeps `content`, which must not be changed afterwards; draws and decodes on first use. */
export function makeFrame(content: ScreenContent, time: GuestTime): Frame {
  return new LazyFrame(content, time);
}

/** Size of the picture in pixels. */
export function contentSize(content: ScreenContent): { width: number; height: number } {
  if (content.kind !== 'text') return { width: content.width, height: content.height };
  return { width: content.columns * content.font.width, height: content.rows * content.font.height };
}

class LazyFrame implements Frame {
  readonly content: ScreenContent;
  readonly time: GuestTime;
  readonly width: number;
  readonly height: number;
  #rgba: Uint8Array | undefined;
  #grid: CellGrid | null | undefined;

  constructor(content: ScreenContent, time: GuestTime) {
    this.content = content;
    this.time = time;
    const { width, height } = contentSize(content);
    this.width = width;
    this.height = height;
  }

  get rgba(): Uint8Array {
    this.#rgba ??= draw(this.content);
    return this.#rgba;
  }

  get grid(): CellGrid | null {
    if (this.#grid === undefined) this.#grid = this.content.kind === 'text' ? makeGrid(this.content) : null;
    return this.#grid;
  }
}

function draw(content: ScreenContent): Uint8Array {
  if (content.kind === 'text') return drawText(content);
  if (content.kind === 'graphic') return content.rgba;
  return new Uint8Array(new Uint32Array(content.width * content.height).fill(0xff000000).buffer);
}

/** The characters of a text screen. */
export function makeGrid(content: TextContent): CellGrid {
  const { columns, rows, cells, font, cursor } = content;
  const lines: string[] = [];
  for (let row = 0; row < rows; row++) {
    let line = '';
    for (let column = 0; column < columns; column++) line += character(content, row * columns + column);
    lines.push(line);
  }
  return {
    columns,
    rows,
    cellWidth: font.width,
    cellHeight: font.height,
    cursor,
    lines,
    attribute: (column, row) =>
      column < 0 || column >= columns || row < 0 || row >= rows ? 0 : (cells[2 * (row * columns + column) + 1] ?? 0),
  };
}

function character(content: TextContent, cell: number): string {
  const code = content.cells[2 * cell] ?? 0;
  const attribute = content.cells[2 * cell + 1] ?? 0;
  if (content.palette[attribute & 15] === content.palette[attribute >> 4]) return ' ';
  const glyph = glyphIndex(content, code, attribute);
  if (glyph < 256) return charmap[code] ?? ' ';
  return isBlankGlyph(content, glyph) ? ' ' : UNKNOWN_CHARACTER;
}

function isBlankGlyph({ font }: TextContent, glyph: number): boolean {
  const start = glyph * GLYPH_BYTES;
  return font.glyphs.subarray(start, start + font.height).every((dots) => dots === 0);
}
