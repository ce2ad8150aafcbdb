/** Finds what of a screen keeps changing while nobody does anything: clocks, carets that blink, spinners. */
import type { Region } from '../../sdk/screen/content.js';
import type { CellGrid, Frame } from '../../sdk/screen/frame.js';

/** Pixels of the squares that a graphic screen is looked at by. */
const SQUARE = 16;

/**
 * What has changed at least twice: what the guest writes once is its answer, and stays. Rectangles of whole cells of a text
 * screen, of squares of a graphic one; side by side they are one.
 * @param frames in order; of the last one's size, others are left out
 */
export function movingParts(frames: readonly Frame[]): Region[] {
  const last = frames.at(-1);
  if (last === undefined) return [];
  const alike = frames.filter(
    ({ width, height, content }) =>
      width === last.width && height === last.height && content.kind === last.content.kind,
  );
  const { columns, rows, cellWidth, cellHeight } = last.grid ?? {
    columns: Math.ceil(last.width / SQUARE),
    rows: Math.ceil(last.height / SQUARE),
    cellWidth: SQUARE,
    cellHeight: SQUARE,
  };
  const counts = new Uint32Array(columns * rows);
  for (let i = 1; i < alike.length; i++) {
    const [before, after] = [alike[i - 1], alike[i]];
    if (before === undefined || after === undefined || before.content === after.content) continue;
    const differs = differing(before, after);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        if (differs(column, row)) counts[row * columns + column] = (counts[row * columns + column] ?? 0) + 1;
      }
    }
  }
  const parts: Region[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if ((counts[row * columns + column] ?? 0) < 2) continue;
      const from = column;
      while (column + 1 < columns && (counts[row * columns + column + 1] ?? 0) >= 2) column++;
      const x = from * cellWidth;
      const y = row * cellHeight;
      const width = Math.min((column + 1) * cellWidth, last.width) - x;
      parts.push({ x, y, width, height: Math.min(cellHeight, last.height - y) });
    }
  }
  return parts;
}

function differing(before: Frame, after: Frame): (column: number, row: number) => boolean {
  if (before.grid !== null && after.grid !== null) return differingCells(before.grid, after.grid);
  return (column, row) => !sameSquare(before, after, column * SQUARE, row * SQUARE);
}

function differingCells(before: CellGrid, after: CellGrid): (column: number, row: number) => boolean {
  return (column, row) =>
    before.lines[row]?.[column] !== after.lines[row]?.[column] ||
    before.attribute(column, row) !== after.attribute(column, row);
}

function sameSquare(before: Frame, after: Frame, x: number, y: number): boolean {
  const width = Math.min(SQUARE, after.width - x);
  const bottom = Math.min(y + SQUARE, after.height);
  for (let line = y; line < bottom; line++) {
    const from = 4 * (line * after.width + x);
    for (let at = from; at < from + 4 * width; at++) if (before.rgba[at] !== after.rgba[at]) return false;
  }
  return true;
}
