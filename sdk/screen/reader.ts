/** Reading frames: the ladder of answers as its users see it. What fulfils it beyond text modes is in `sdk/reading`. */
import type { Frame } from './frame.js';
import { cellPage } from './grid-page.js';
import type { TextPage, TextRow } from './page.js';

export interface FrameReader {
  /**
   * What can be read exactly: the cells of a text mode; else what equals a font, pixel for pixel.
   * @throws GuestwrightError `infrastructure/font-missing`
   */
  exact(frame: Frame): Promise<TextPage>;
  /**
   * The same and, on a graphic screen, what is recognised on the rest of it. Dear: ask only where exact reading has not
   * answered.
   * @throws GuestwrightError `infrastructure/font-missing`, `infrastructure/ocr-language-missing`
   */
  whole(frame: Frame): Promise<TextPage>;
}

const NOTHING: TextPage = { rows: [] };

/** The cells of text modes alone. */
export const cellReader: FrameReader = {
  exact: async (frame) => cellPage(frame) ?? NOTHING,
  whole: async (frame) => cellPage(frame) ?? NOTHING,
};

/**
 * Rows of several readers as one page, in reading order: what overlaps by half its height is on one line, and lines go
 * from the left.
 */
export function mergeRows(rows: readonly TextRow[]): TextPage {
  const lines: TextRow[][] = [];
  for (const row of [...rows].sort((a, b) => middle(a) - middle(b))) {
    const line = lines[lines.length - 1];
    const first = line?.[0];
    if (line !== undefined && first !== undefined && overlap(first, row) >= Math.min(first.height, row.height) / 2) {
      line.push(row);
    } else {
      lines.push([row]);
    }
  }
  const left = (row: TextRow) => row.edges[0] ?? 0;
  return { rows: lines.flatMap((line) => line.sort((a, b) => left(a) - left(b))) };
}

function middle({ y, height }: TextRow): number {
  return y + height / 2;
}

function overlap(a: TextRow, b: TextRow): number {
  return Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
}
