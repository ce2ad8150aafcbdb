/** A text screen's cursor, drawn into the picture: a frame does not hold it, and who types wants to see it. */
import type { Frame } from '../../../sdk/screen/frame.js';

/** Rows of dots, from the bottom of a cell: where a VGA has it unless it is told otherwise. */
const FROM_BOTTOM = 3;
const HEIGHT = 2;

/** @returns RGBA, 4 bytes a pixel */
export function withCursor(frame: Frame): Uint8Array {
  const { content, grid, rgba, width } = frame;
  const { cursor } = grid ?? {};
  if (content.kind !== 'text' || grid === null || cursor?.visible !== true) return rgba;
  const { column, row } = cursor;
  if (column >= grid.columns || row >= grid.rows) return rgba;
  const { cellWidth, cellHeight } = grid;
  const colour = content.palette[grid.attribute(column, row) & 15] ?? 0xffffff;
  const drawn = rgba.slice();
  for (
    let line = Math.max(0, cellHeight - FROM_BOTTOM);
    line < Math.min(cellHeight, cellHeight - FROM_BOTTOM + HEIGHT);
    line++
  ) {
    for (let x = 0; x < cellWidth; x++) {
      const at = 4 * ((row * cellHeight + line) * width + column * cellWidth + x);
      drawn.set([colour >> 16, (colour >> 8) & 0xff, colour & 0xff], at);
    }
  }
  return drawn;
}
