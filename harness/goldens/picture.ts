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
  return new ClippedFrame(frame, clip);
}

/** Its picture is cut out when it is looked at: where characters tell that it differs, it is not. */
class ClippedFrame implements Frame {
  readonly time: Frame['time'];
  readonly width: number;
  readonly height: number;
  readonly content: Frame['content'];
  readonly grid: CellGrid | null;
  readonly #whole: Frame;
  readonly #clip: Region;
  #rgba: Uint8Array | undefined;

  constructor(whole: Frame, clip: Region) {
    this.time = whole.time;
    this.width = clip.width;
    this.height = clip.height;
    this.content = whole.content;
    this.grid = whole.grid === null ? null : clipGrid(whole.grid, clip);
    this.#whole = whole;
    this.#clip = clip;
  }

  get rgba(): Uint8Array {
    return (this.#rgba ??= crop(this.#whole, this.#clip).rgba);
  }
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
