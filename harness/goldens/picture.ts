/** The part of a frame that is compared with a golden, and the parts of it that are not. */
import { GuestwrightError } from '../../sdk/errors.js';
import type { Region } from '../../sdk/screen/content.js';
import type { CellGrid, Frame } from '../../sdk/screen/frame.js';
import { crop } from '../../sdk/screen/picture.js';

/**
 * Cuts a frame to `clip`. Its cells go along when the clip's edges are cells' edges.
 * @throws GuestwrightError `usage/region-outside`
 */
export function clipFrame(frame: Frame, clip: Region | undefined): Frame {
  if (clip === undefined) return frame;
  checkRegion(clip, frame, 'clip');
  const { time, content, grid } = frame;
  return { time, content, grid: grid === null ? null : clipGrid(grid, clip), ...crop(frame, clip) };
}

function clipGrid(grid: CellGrid, { x, y, width, height }: Region): CellGrid | null {
  const { cellWidth, cellHeight } = grid;
  const [column, columns] = [x / cellWidth, width / cellWidth];
  const [row, rows] = [y / cellHeight, height / cellHeight];
  if (![column, columns, row, rows].every(Number.isInteger)) return null;
  return {
    columns,
    rows,
    cellWidth,
    cellHeight,
    cursor: null,
    lines: grid.lines.slice(row, row + rows).map((line) => line.slice(column, column + columns)),
    attribute: (atColumn, atRow) => grid.attribute(column + atColumn, row + atRow),
  };
}

/** @throws GuestwrightError `usage/region-outside` */
export function checkRegion(region: Region, { width, height }: { width: number; height: number }, name: string): void {
  const { x, y, width: w, height: h } = region;
  const whole = [x, y, w, h].every((value) => Number.isInteger(value) && value >= 0) && w > 0 && h > 0;
  if (whole && x + w <= width && y + h <= height) return;
  throw new GuestwrightError(`The ${name} is not a part of the screen`, {
    kind: 'usage',
    code: 'region-outside',
    expected: `whole pixels within ${width}x${height}`,
    seen: JSON.stringify(region),
    next: 'regions are { x, y, width, height } in pixels of the frame; a text cell is 9x16 in VGA text modes',
  });
}

/** Masks are given in pixels of the frame, and compared in pixels of the clip. */
export function placeMasks(masks: readonly Region[], clip: Region | undefined): Region[] {
  if (clip === undefined) return [...masks];
  return masks.flatMap((mask) => {
    const left = Math.max(mask.x, clip.x);
    const top = Math.max(mask.y, clip.y);
    const width = Math.min(mask.x + mask.width, clip.x + clip.width) - left;
    const height = Math.min(mask.y + mask.height, clip.y + clip.height) - top;
    return width > 0 && height > 0 ? [{ x: left - clip.x, y: top - clip.y, width, height }] : [];
  });
}
