/** The exact reader: text of a picture by comparing its pixels with bitmap fonts, all or nothing. */
import type { Region } from '../content.js';
import type { GlyphFont } from '../font.js';
import type { TextRow } from '../page.js';
import { pixelsOf, type Picture } from '../picture.js';
import { detectGrid, gridOfPlacements, type Pixels } from './detect.js';
import { GridText } from './grid.js';
import { inkColours, inksOf } from './ink.js';
import { regionsOfPieces, rowsOfPieces } from './piece-rows.js';
import { findLetters, findPieces, type Piece } from './pieces.js';
import { shapeTables, type ShapeTable } from './shapes.js';

/** How the text of a picture is laid out. */
export type GlyphLayout =
  | {
      kind: 'grid';
      /** The font that explains most cells. */
      font: string;
      /** Pixels: the first cell's left and upper edge, and a cell's size. */
      x: number;
      y: number;
      cellWidth: number;
      cellHeight: number;
      columns: number;
      rows: number;
    }
  /** Text here and there. */
  | { kind: 'pieces'; fonts: readonly string[] };

export interface GlyphReading {
  /** Rung `glyphs`, confidence 1. Of a grid every row, blank ones too; else the rows that have text, in reading order. */
  rows: readonly TextRow[];
  /** What the text and the blank ground around it account for, in pixels. An unknown character (U+FFFD) is not in it. */
  covered: readonly Region[];
  /** Null when no text was found. */
  layout: GlyphLayout | null;
}

/** Whether `length` pixels from `start` on are the same in both. */
export type SamePixels = (a: Uint32Array, b: Uint32Array, start: number, end: number) => boolean;

export interface GlyphReaderOptions {
  /** A faster comparison than plain code, such as memcmp. */
  same?: SamePixels;
}

const NOTHING: GlyphReading = { rows: [], covered: [], layout: null };

/**
 * Reads one screen's pictures, one after the other. It keeps the last picture, its layout and its rows: of the next
 * picture of the same size only rows that changed are read, and the layout is looked for anew only when the known one
 * does not explain what is seen.
 */
export class GlyphReader {
  private readonly tables: readonly ShapeTable[];
  private readonly same: SamePixels;
  private last: { picture: Pixels; reading: GlyphReading; found: GridText | Piece[] } | null = null;

  /** @param fonts where two of the same size have the same bitmap, the earlier one's character is preferred */
  constructor(fonts: readonly GlyphFont[], { same = samePixels }: GlyphReaderOptions = {}) {
    this.tables = shapeTables(fonts);
    this.same = same;
  }

  /** @param picture is kept, and must not be changed afterwards */
  read(picture: Picture): GlyphReading {
    const next = { pixels: pixelsOf(picture), width: picture.width, height: picture.height };
    const reading = this.readAgain(next) ?? this.readAnew(next);
    return reading;
  }

  /** Forgets what is known of earlier pictures. */
  reset(): void {
    this.last = null;
  }

  /** From what is known of the last picture; null when that does not do. */
  private readAgain(next: Pixels): GlyphReading | null {
    const { last } = this;
    if (last === null || last.picture.width !== next.width || last.picture.height !== next.height) return null;
    if (this.same(last.picture.pixels, next.pixels, 0, next.pixels.length)) return last.reading;
    if (!(last.found instanceof GridText)) return null;
    const { y, rows, table } = last.found.place;
    const changed: number[] = [];
    for (let row = 0; row < rows; row++) {
      const start = (y + row * table.height) * next.width;
      const end = start + table.height * next.width;
      if (!this.same(last.picture.pixels, next.pixels, start, end)) changed.push(row);
    }
    if (!last.found.update(next, changed)) return null;
    return this.keep(next, last.found);
  }

  private readAnew(next: Pixels): GlyphReading {
    const grid = detectGrid(next, this.tables);
    if (grid !== null) return this.keep(next, new GridText(grid));
    const { pixels, width, height } = next;
    const inks = inksOf(pixels, width, 0, height, inkColours(pixels, width, 0, height, 1));
    const letters = findLetters(next, 0, height, this.tables, inks);
    for (const table of this.tables) {
      const placements = letters.filter((each) => each.table === table).flatMap((each) => each.placements);
      const found = gridOfPlacements(next, table, placements);
      if (found !== null) return this.keep(next, new GridText(found));
    }
    return this.keep(next, findPieces(next, letters));
  }

  private keep(picture: Pixels, found: GridText | Piece[]): GlyphReading {
    const reading = found instanceof GridText ? readingOfGrid(picture, found) : readingOfPieces(picture, found);
    this.last = { picture, reading, found };
    return reading;
  }
}

function readingOfGrid(picture: Pixels, grid: GridText): GlyphReading {
  const { x, y, advance, columns, rows, table } = grid.place;
  return {
    rows: grid.rows,
    covered: grid.covered(picture),
    layout: {
      kind: 'grid',
      font: grid.fontName,
      x,
      y,
      cellWidth: advance,
      cellHeight: table.height,
      columns,
      rows,
    },
  };
}

function readingOfPieces(picture: Pixels, pieces: readonly Piece[]): GlyphReading {
  if (pieces.length === 0) return NOTHING;
  const fonts = new Set(pieces.flatMap(({ line }) => line.table.fonts.map(({ name }) => name)));
  return {
    rows: rowsOfPieces(picture, pieces),
    covered: regionsOfPieces(pieces),
    layout: { kind: 'pieces', fonts: [...fonts] },
  };
}

function samePixels(a: Uint32Array, b: Uint32Array, start: number, end: number): boolean {
  let i = start;
  for (; i + 4 <= end; i += 4) {
    if (a[i] !== b[i] || a[i + 1] !== b[i + 1] || a[i + 2] !== b[i + 2] || a[i + 3] !== b[i + 3]) return false;
  }
  for (; i < end; i++) if (a[i] !== b[i]) return false;
  return true;
}
