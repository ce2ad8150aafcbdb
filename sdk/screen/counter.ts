/**
 * Counting the pixels that differ, as pixelmatch 7.2 counts them: the contract that the port (`wasm/counter.ts`) and
 * pixelmatch itself fulfil, and the latter.
 */
import pixelmatch from 'pixelmatch';
import { equalWords } from './changed.js';
import type { Region } from './content.js';
import { crop, fill, type Picture } from './picture.js';

/** Two pictures of one size, and what of them counts. All regions are whole pixels inside the pictures. */
export interface CountRequest {
  expected: Picture;
  actual: Picture;
  /** What pixelmatch would be given. Its edges are edges to the rule for anti-aliasing. */
  area: Region;
  /** A part of the area, outside of which the pictures are equal. */
  part: Region;
  /** Parts that do not count: made one colour ({@link MASK}) in both. */
  masks: readonly Region[];
  /** pixelmatch's, 0 to 1. */
  threshold: number;
  includeAA: boolean;
  /** Counting may end as soon as more pixels differ than this. */
  limit: number;
  /** Whether the pixels are to be marked, too. */
  marking: boolean;
}

export interface Counted {
  /** Pixels that differ by more than the threshold; if more than the limit, at least one more. */
  pixels: number;
  /** Whether there was any difference at all outside of the masks. */
  unequal: boolean;
  /** Where they are; empty unless asked for. */
  marks: Marks[];
}

/** A byte a pixel, not 0 where the pixel was counted. */
export interface Marks extends Region {
  readonly bytes: Uint8Array;
}

export type Counter = (request: CountRequest) => Counted;

/** Masked parts are made this colour in both pictures: magenta, opaque. */
export const MASK = 0xffff00ff;

/**
 * pixelmatch looks at a pixel's neighbours and at theirs, to tell anti-aliasing. With so many pixels around what
 * differs it decides as it would on the whole picture.
 */
export const MARGIN = 2;

/** The largest `maxDelta` of pixelmatch: the distance of black and white in its measure. */
const LARGEST_DELTA = 35215;

/** The square of the distance above which two colours differ, from a threshold: pixelmatch's own formula. */
export function maxDeltaOf(threshold: number): number {
  return LARGEST_DELTA * threshold * threshold;
}

/** A part with pixelmatch's margin around it, as far as the area goes. */
export function withMargin(part: Region, area: Region): Region {
  const x = Math.max(area.x, part.x - MARGIN);
  const y = Math.max(area.y, part.y - MARGIN);
  const right = Math.min(area.x + area.width, part.x + part.width + MARGIN);
  const bottom = Math.min(area.y + area.height, part.y + part.height + MARGIN);
  return { x, y, width: right - x, height: bottom - y };
}

/** Counts with pixelmatch itself, where there is no WebAssembly. */
export const countWithPixelmatch: Counter = ({
  expected,
  actual,
  area,
  part,
  masks,
  threshold,
  includeAA,
  marking,
}) => {
  let region = withMargin(part, area);
  let [a, b] = [cut(expected, region, masks), cut(actual, region, masks)];
  if (!isOpaque(a) || !isOpaque(b)) {
    // What is not opaque is blended with a pattern that begins where the picture begins.
    region = area;
    [a, b] = [cut(expected, region, masks), cut(actual, region, masks)];
  }
  const rgba = new Uint8Array(a.rgba.length);
  pixelmatch(a.rgba, b.rgba, rgba, region.width, region.height, { threshold, includeAA, diffMask: true });
  // The region may hold other parts.
  const own = { ...part, x: part.x - region.x, y: part.y - region.y };
  const bytes = marksOf(crop({ ...region, rgba }, own).rgba);
  const pixels = bytes.reduce((sum, mark) => sum + mark, 0);
  const unequal = pixels > 0 || !equalWords(crop(a, own).rgba, crop(b, own).rgba);
  return { pixels, unequal, marks: marking ? [{ ...part, bytes }] : [] };
};

function cut(picture: Picture, region: Region, masks: readonly Region[]): Picture {
  const copy = crop(picture, region);
  const moved = masks.map((mask) => ({ ...mask, x: mask.x - region.x, y: mask.y - region.y }));
  fill(new Uint32Array(copy.rgba.buffer), region.width, moved, MASK);
  return copy;
}

function isOpaque({ rgba }: Picture): boolean {
  for (let i = 3; i < rgba.length; i += 4) if (rgba[i] !== 255) return false;
  return true;
}

/** pixelmatch's mask is transparent but for what it has counted. */
function marksOf(output: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: output.length / 4 }, (_, i) => ((output[4 * i + 3] ?? 0) === 0 ? 0 : 1));
}
