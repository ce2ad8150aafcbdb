/** The part of a screen that a golden is taken of. */
import type { Region } from '../../sdk/screen/content.js';
import type { Frame } from '../../sdk/screen/frame.js';
import { placeMasks } from '../goldens/picture.js';

/** What was drawn by hand, within the screen; on a text screen grown to whole characters. */
export function clipOf({ width, height, grid }: Frame, wanted: Region): Region {
  const [cellWidth, cellHeight] = [grid?.cellWidth ?? 1, grid?.cellHeight ?? 1];
  const left = Math.min(Math.floor(wanted.x / cellWidth) * cellWidth, width - cellWidth);
  const top = Math.min(Math.floor(wanted.y / cellHeight) * cellHeight, height - cellHeight);
  const right = Math.min(Math.ceil((wanted.x + wanted.width) / cellWidth) * cellWidth, width);
  const bottom = Math.min(Math.ceil((wanted.y + wanted.height) / cellHeight) * cellHeight, height);
  return { x: left, y: top, width: Math.max(right - left, cellWidth), height: Math.max(bottom - top, cellHeight) };
}

/** Of the masks the parts that lie in the clip, in pixels of the frame. */
export function masksIn(masks: readonly Region[], clip: Region | null): Region[] {
  if (clip === null) return [...masks];
  return placeMasks(masks, clip).map((mask) => ({ ...mask, x: mask.x + clip.x, y: mask.y + clip.y }));
}
