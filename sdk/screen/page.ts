/** What can be read on a screen, whatever read it: rows of text, each character with its place. */
import type { Region } from './content.js';

/**
 * How text was read, from the surest to the least sure:
 * - `cells`: the characters of a text mode, as the guest wrote them;
 * - `glyphs`: every pixel equal to the guest's font;
 * - `ocr`: recognised.
 */
export type Rung = 'cells' | 'glyphs' | 'ocr';

/** A stretch of a row in one pair of colours (0xRRGGBB). `start` and `end` are positions in the row's text. */
export interface ColourRun {
  start: number;
  end: number;
  foreground: number;
  /** The most common one behind text over a picture. */
  background: number;
}

/** One row of text. Text that stands apart on the same height (columns over a picture) may be rows of their own. */
export interface TextRow {
  /** UTF-16 units; blanks where nothing stands. A blank row of a cell grid is blanks, not absent. */
  readonly text: string;
  /** Pixels: the left edge of every unit of `text` and the right edge of the last: `text.length + 1`, never decreasing. */
  readonly edges: ArrayLike<number>;
  /** Pixels. */
  readonly y: number;
  readonly height: number;
  readonly rung: Rung;
  /** 0 to 1. 1 for `cells` and `glyphs`. */
  readonly confidence: number;
  /** Ordered; they cover the visible characters. */
  readonly colours: readonly ColourRun[];
  /** Text that reaches its right edge goes on in the next row: true in cell grids that span the screen. */
  readonly wraps: boolean;
}

/** The rows of a screen in reading order. */
export interface TextPage {
  readonly rows: readonly TextRow[];
}

/** The rectangle around units `start` to `end` (exclusive) of a row, in whole pixels. */
export function rowRegion(row: TextRow, start: number, end: number): Region {
  const left = Math.floor(row.edges[start] ?? 0);
  const right = Math.ceil(row.edges[end] ?? left);
  return { x: left, y: row.y, width: right - left, height: row.height };
}
