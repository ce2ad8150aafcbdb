/** The exact reader: text of a picture by comparing its pixels with bitmap fonts, all or nothing. */
import type { Region } from '../content.js';
import type { GlyphFont } from '../font.js';
import type { TextRow } from '../page.js';
import { pixelsOf, type Picture } from '../picture.js';
import { detectGrid, type Pixels } from './detect.js';
import { GridText } from './grid.js';
import { PieceText, type Band } from './piece-text.js';
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

/** Whether the pixels from `start` to `end` (exclusive) are the same in both. */
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
  private last: { picture: Pixels; reading: GlyphReading; found: GridText | PieceText } | null = null;

  /** @param fonts where two of the same size have the same bitmap, the earlier one's character is preferred */
  constructor(fonts: readonly GlyphFont[], { same = samePixels }: GlyphReaderOptions = {}) {
    this.tables = shapeTables(fonts);
    this.same = same;
  }

  /** @param picture is kept, and must not be changed afterwards */
  read(picture: Picture): GlyphReading {
    const next = { pixels: pixelsOf(picture), width: picture.width, height: picture.height };
    return this.readAgain(next) ?? this.readAnew(next);
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
    if (last.found instanceof GridText) {
      const { y, rows, table } = last.found.place;
      const bands = Array.from({ length: rows }, (_, row) => y + row * table.height);
      const changed = this.changedBands(last.picture, next, bands, table.height);
      const updated = last.found.update(
        next,
        changed.map((top) => (top - y) / table.height),
      );
      return updated ? this.keep(next, last.found) : null;
    }
    const tops = Array.from({ length: Math.ceil(next.height / BAND) }, (_, i) => i * BAND);
    const updated = last.found.update(next, joinBands(this.changedBands(last.picture, next, tops, BAND), next.height));
    return updated === null ? null : this.keep(next, updated);
  }

  private changedBands(before: Pixels, after: Pixels, tops: readonly number[], height: number): number[] {
    return tops.filter((top) => {
      const end = Math.min(after.pixels.length, (top + height) * after.width);
      return !this.same(before.pixels, after.pixels, top * after.width, end);
    });
  }

  private readAnew(next: Pixels): GlyphReading {
    const found = detectGrid(next, this.tables) ?? PieceText.find(next, this.tables);
    return this.keep(next, found instanceof PieceText ? found : new GridText(found));
  }

  private keep(picture: Pixels, found: GridText | PieceText): GlyphReading {
    const reading = found instanceof GridText ? readingOfGrid(picture, found) : readingOfPieces(picture, found);
    this.last = { picture, reading, found };
    return reading;
  }
}

/** Rows of pixels that are compared at once where there is no grid. */
const BAND = 8;

/** Changed bands with those that touch joined. */
function joinBands(tops: readonly number[], height: number): Band[] {
  const joined: Band[] = [];
  for (const top of tops) {
    const last = joined.at(-1);
    const bottom = Math.min(height, top + BAND);
    // Nearer than a line is high, a line could be in both.
    if (last !== undefined && top - last.bottom < APART) last.bottom = bottom;
    else joined.push({ top, bottom });
  }
  return joined;
}

const APART = 32;

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

function readingOfPieces(picture: Pixels, text: PieceText): GlyphReading {
  if (text.pieces.length === 0) return NOTHING;
  return { rows: text.rows(picture), covered: text.covered, layout: { kind: 'pieces', fonts: text.fonts } };
}

function samePixels(a: Uint32Array, b: Uint32Array, start: number, end: number): boolean {
  let i = start;
  for (; i + 4 <= end; i += 4) {
    if (a[i] !== b[i] || a[i + 1] !== b[i + 1] || a[i + 2] !== b[i + 2] || a[i + 3] !== b[i + 3]) return false;
  }
  for (; i < end; i++) if (a[i] !== b[i]) return false;
  return true;
}
