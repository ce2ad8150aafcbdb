/** What of a frame is compared with a golden: its pixels and, in a text mode, its lines; cut to the clip. */
import { GuestwrightError } from '../../sdk/errors.js';
import type { Region } from '../../sdk/screen/content.js';
import type { Frame } from '../../sdk/screen/frame.js';

export interface Picture {
  width: number;
  height: number;
  rgba: Uint8Array;
  /** Text of the rows, cells under a mask replaced; null in a graphic mode. */
  text: TextPart | null;
}

export interface TextPart {
  lines: readonly string[];
  /** Pixels of a cell. */
  cellWidth: number;
  cellHeight: number;
}

/** Cuts a frame to `clip`. @throws GuestwrightError `usage/region-outside` */
export function takePicture(frame: Frame, clip: Region | undefined): Picture {
  const { width, height, rgba, grid } = frame;
  const text = grid === null ? null : { lines: grid.lines, cellWidth: grid.cellWidth, cellHeight: grid.cellHeight };
  if (clip === undefined) return { width, height, rgba, text };
  checkRegion(clip, frame, 'clip');
  return {
    width: clip.width,
    height: clip.height,
    rgba: cut(rgba, width, clip),
    text: text === null ? null : cutText(text, clip),
  };
}

/** @throws GuestwrightError `usage/region-outside` when no part of it can be on the screen */
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

function cut(rgba: Uint8Array, stride: number, { x, y, width, height }: Region): Uint8Array {
  const out = new Uint8Array(width * height * 4);
  for (let row = 0; row < height; row++) {
    const from = ((y + row) * stride + x) * 4;
    out.set(rgba.subarray(from, from + width * 4), row * width * 4);
  }
  return out;
}

/** The cells that lie in the clip as a whole. */
function cutText(text: TextPart, { x, y, width, height }: Region): TextPart {
  const { lines, cellWidth, cellHeight } = text;
  const columns = [Math.ceil(x / cellWidth), Math.floor((x + width) / cellWidth)] as const;
  const rows = [Math.ceil(y / cellHeight), Math.floor((y + height) / cellHeight)] as const;
  return { ...text, lines: lines.slice(...rows).map((line) => line.slice(...columns)) };
}
