/**
 * Comparing a frame with what was expected, from cheap to dear: words, then the bands of rows that differ, then
 * pixelmatch on those alone.
 */
import pixelmatch from 'pixelmatch';
import { GuestwrightError } from '../errors.js';
import { differingBoxes } from './boxes.js';
import type { Region, ScreenContent } from './content.js';
import { clampRegion, crop, fill, pixelsOf, type Picture } from './picture.js';

export type { Picture } from './picture.js';

export interface CompareOptions {
  /** Parts that do not count, in pixels of the whole picture. */
  masks?: readonly Region[];
  /** The only part that counts. Default: the whole picture. */
  clip?: Region;
  /** How far two colours may be apart (pixelmatch's measure, 0 to 1). Default 0.2, as in Playwright. */
  threshold?: number;
  /** How many pixels may differ. Default 0; where `maxDiffPixelRatio` is given too, the smaller number counts. */
  maxDiffPixels?: number;
  /** Which part of the compared pixels may differ, 0 to 1. */
  maxDiffPixelRatio?: number;
  /** Count differing pixels that look like anti-aliasing too. Default false. */
  includeAA?: boolean;
}

/** What comparing came to. `pixels` is what differs beyond the threshold, `ratio` the part of what was compared. */
export type Comparison =
  | { outcome: 'identical' }
  | { outcome: 'within-tolerance'; pixels: number; ratio: number }
  | {
      outcome: 'different';
      pixels: number;
      ratio: number;
      /** Where: at most 10 rectangles, in pixels of the whole picture, in reading order. */
      boxes: Region[];
      /** How many pixels were allowed to differ. */
      allowed: number;
    }
  | {
      outcome: 'size-mismatch';
      expected: { width: number; height: number };
      actual: { width: number; height: number };
    };

/**
 * What a screen is compared with unless asked otherwise: text screens exactly, for they are drawn from cells; graphic
 * ones as Playwright does.
 */
export function defaultTolerance(kind: ScreenContent['kind']): CompareOptions {
  return kind === 'graphic' ? { threshold: DEFAULT_THRESHOLD } : { threshold: 0, includeAA: true };
}

export const DEFAULT_THRESHOLD = 0.2;

/** Masked parts are made this colour in both pictures: magenta. */
const MASK = 0xffff00ff;

/**
 * pixelmatch looks at a pixel's neighbours and at theirs, to tell anti-aliasing. With so many pixels around what
 * differs it decides as it would on the whole picture.
 */
const MARGIN = 2;

/**
 * Compares two opaque pictures. The counts are those of pixelmatch on the whole (clipped and masked) pictures.
 * @throws GuestwrightError `usage/clip-outside` when the clip is outside the pictures
 */
export function compareFrames(expected: Picture, actual: Picture, options: CompareOptions = {}): Comparison {
  if (expected.width !== actual.width || expected.height !== actual.height) {
    return { outcome: 'size-mismatch', expected: sizeOf(expected), actual: sizeOf(actual) };
  }
  const area = clipOf(expected, options.clip);
  if (bandsOf(pixelsOf(expected), pixelsOf(actual), expected.width).length === 0) return { outcome: 'identical' };
  const [a, b] = prepare(expected, actual, area, options.masks ?? []);
  const bands = bandsOf(pixelsOf(a), pixelsOf(b), area.width);
  if (bands.length === 0) return { outcome: 'identical' };
  const differing = new Uint8Array(area.width * area.height);
  const pixels = count(a, b, bands, options, differing);
  const total = area.width * area.height;
  const allowed = allowance(options, total);
  const ratio = pixels / total;
  if (pixels <= allowed) return { outcome: 'within-tolerance', pixels, ratio };
  const boxes = differingBoxes(differing, area.width, area.height);
  const moved = boxes.map((box) => ({ ...box, x: box.x + area.x, y: box.y + area.y }));
  return { outcome: 'different', pixels, ratio, boxes: moved, allowed };
}

/**
 * A picture of what differs: the expected one faded, differences red, what passes for anti-aliasing yellow, masks a
 * translucent magenta. Of two sizes, the larger width and height; what only one has is a difference.
 */
export function drawDiff(expected: Picture, actual: Picture, options: CompareOptions = {}): Picture {
  const width = Math.max(expected.width, actual.width);
  const height = Math.max(expected.height, actual.height);
  const area = clipOf({ width, height }, options.clip);
  const sameSize = expected.width === actual.width && expected.height === actual.height;
  const a = sameSize ? expected : pad(expected, width, height);
  const b = sameSize ? actual : pad(actual, width, height);
  const [left, right] = prepare(a, b, area, options.masks ?? []);
  const rgba = new Uint8Array(4 * area.width * area.height);
  pixelmatch(left.rgba, right.rgba, rgba, area.width, area.height, {
    threshold: options.threshold ?? DEFAULT_THRESHOLD,
    includeAA: options.includeAA ?? false,
  });
  tint(rgba, area, options.masks ?? []);
  if (area.width === width && area.height === height) return { width, height, rgba };
  return embed(fade(a), area, rgba);
}

function sizeOf({ width, height }: Picture): { width: number; height: number } {
  return { width, height };
}

function clipOf(size: { width: number; height: number }, clip: Region | undefined): Region {
  const whole = { x: 0, y: 0, width: size.width, height: size.height };
  if (clip === undefined) return whole;
  const inside = clampRegion(clip, size);
  if (inside !== null) return inside;
  throw new GuestwrightError('The clip is outside the picture', {
    kind: 'usage',
    code: 'clip-outside',
    expected: `a rectangle inside ${size.width}x${size.height} pixels`,
    seen: `x ${clip.x}, y ${clip.y}, width ${clip.width}, height ${clip.height}`,
    next: 'give a region of the frame, for example the region of a text match',
  });
}

function allowance({ maxDiffPixels, maxDiffPixelRatio }: CompareOptions, total: number): number {
  const byRatio = maxDiffPixelRatio === undefined ? undefined : total * maxDiffPixelRatio;
  if (maxDiffPixels !== undefined && byRatio !== undefined) return Math.min(maxDiffPixels, byRatio);
  return maxDiffPixels ?? byRatio ?? 0;
}

/** The compared area of both, masked; no copy where nothing is cut or masked. */
function prepare(a: Picture, b: Picture, area: Region, masks: readonly Region[]): [Picture, Picture] {
  const whole = area.width === a.width && area.height === a.height;
  if (whole && masks.length === 0) return [a, b];
  const moved = masks.map((mask) => ({ ...mask, x: mask.x - area.x, y: mask.y - area.y }));
  const cut = (picture: Picture): Picture => {
    const copy = crop(picture, area);
    fill(pixelsOf(copy), area.width, moved, MASK);
    return copy;
  };
  return [cut(a), cut(b)];
}

/** A band of rows that differ, with the columns between which they do. */
interface Band {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

/** Bands are at least twice the margin apart, so that no difference is in two of them. */
function bandsOf(a: Uint32Array, b: Uint32Array, width: number): Band[] {
  const bands: Band[] = [];
  for (let at = nextDifference(a, b, 0); at < a.length;) {
    const row = Math.floor(at / width);
    const left = at - row * width;
    let right = width - 1;
    while (a[row * width + right] === b[row * width + right]) right--;
    const last = bands[bands.length - 1];
    if (last !== undefined && row - last.bottom <= 2 * MARGIN) {
      last.bottom = row;
      last.left = Math.min(last.left, left);
      last.right = Math.max(last.right, right);
    } else {
      bands.push({ top: row, bottom: row, left, right });
    }
    at = nextDifference(a, b, (row + 1) * width);
  }
  return bands;
}

/** Index of the first differing word from `from` on; the length when there is none. */
function nextDifference(a: Uint32Array, b: Uint32Array, from: number): number {
  const { length } = a;
  let i = from;
  for (; i + 8 <= length; i += 8) {
    const differ =
      ((a[i] ?? 0) ^ (b[i] ?? 0)) |
      ((a[i + 1] ?? 0) ^ (b[i + 1] ?? 0)) |
      ((a[i + 2] ?? 0) ^ (b[i + 2] ?? 0)) |
      ((a[i + 3] ?? 0) ^ (b[i + 3] ?? 0)) |
      ((a[i + 4] ?? 0) ^ (b[i + 4] ?? 0)) |
      ((a[i + 5] ?? 0) ^ (b[i + 5] ?? 0)) |
      ((a[i + 6] ?? 0) ^ (b[i + 6] ?? 0)) |
      ((a[i + 7] ?? 0) ^ (b[i + 7] ?? 0));
    if (differ !== 0) break;
  }
  while (i < length && a[i] === b[i]) i++;
  return i;
}

/** Counts the pixels that differ beyond the threshold, and marks them. */
function count(a: Picture, b: Picture, bands: Band[], options: CompareOptions, differing: Uint8Array): number {
  const threshold = options.threshold ?? DEFAULT_THRESHOLD;
  const includeAA = options.includeAA ?? false;
  if (threshold === 0 && includeAA) return countExactly(a, b, bands, differing);
  let total = 0;
  for (const band of bands) {
    const x = Math.max(0, band.left - MARGIN);
    const y = Math.max(0, band.top - MARGIN);
    const width = Math.min(a.width, band.right + MARGIN + 1) - x;
    const height = Math.min(a.height, band.bottom + MARGIN + 1) - y;
    const output = new Uint8Array(4 * width * height);
    const region = { x, y, width, height };
    total += pixelmatch(crop(a, region).rgba, crop(b, region).rgba, output, width, height, {
      threshold,
      includeAA,
      diffMask: true,
    });
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        if (output[4 * (row * width + column) + 3] !== 0) differing[(y + row) * a.width + x + column] = 1;
      }
    }
  }
  return total;
}

function countExactly(a: Picture, b: Picture, bands: Band[], differing: Uint8Array): number {
  const left = pixelsOf(a);
  const right = pixelsOf(b);
  let total = 0;
  for (const band of bands) {
    for (let row = band.top; row <= band.bottom; row++) {
      for (let at = row * a.width + band.left; at <= row * a.width + band.right; at++) {
        if (left[at] === right[at]) continue;
        differing[at] = 1;
        total++;
      }
    }
  }
  return total;
}

function pad(picture: Picture, width: number, height: number): Picture {
  const rgba = new Uint8Array(4 * width * height);
  return embed({ width, height, rgba }, { x: 0, y: 0, width: picture.width, height: picture.height }, picture.rgba);
}

/** Puts `rgba` into a region of a picture, in place. */
function embed(picture: Picture, region: Region, rgba: Uint8Array): Picture {
  for (let y = 0; y < region.height; y++) {
    const row = rgba.subarray(4 * y * region.width, 4 * (y + 1) * region.width);
    picture.rgba.set(row, 4 * ((region.y + y) * picture.width + region.x));
  }
  return picture;
}

/** A picture as pixelmatch draws what is equal. */
function fade(picture: Picture): Picture {
  const rgba = new Uint8Array(picture.rgba.length);
  pixelmatch(picture.rgba, picture.rgba, rgba, picture.width, picture.height);
  return { ...picture, rgba };
}

function tint(rgba: Uint8Array, area: Region, masks: readonly Region[]): void {
  for (const mask of masks) {
    const inside = clampRegion({ ...mask, x: mask.x - area.x, y: mask.y - area.y }, area);
    if (inside === null) continue;
    for (let y = inside.y; y < inside.y + inside.height; y++) {
      for (let x = inside.x; x < inside.x + inside.width; x++) {
        const at = 4 * (y * area.width + x);
        rgba[at] = ((rgba[at] ?? 0) + 255) >> 1;
        rgba[at + 1] = (rgba[at + 1] ?? 0) >> 1;
        rgba[at + 2] = ((rgba[at + 2] ?? 0) + 255) >> 1;
      }
    }
  }
}
