/** What a comparison leaves out and allows. */
import { GuestwrightError } from '../errors.js';
import type { Region, ScreenContent } from './content.js';
import { clampRegion } from './picture.js';

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

/**
 * What a screen is compared with unless asked otherwise: text screens exactly, for they are drawn from cells; graphic
 * ones as Playwright does.
 */
export function defaultTolerance(kind: ScreenContent['kind']): CompareOptions {
  return kind === 'graphic' ? { threshold: DEFAULT_THRESHOLD } : { threshold: 0, includeAA: true };
}

export const DEFAULT_THRESHOLD = 0.2;

/** The part that is compared. @throws GuestwrightError `usage/clip-outside` */
export function clipOf(size: { width: number; height: number }, clip: Region | undefined): Region {
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

/** How many of `total` pixels may differ. */
export function allowance({ maxDiffPixels, maxDiffPixelRatio }: CompareOptions, total: number): number {
  const byRatio = maxDiffPixelRatio === undefined ? undefined : total * maxDiffPixelRatio;
  if (maxDiffPixels !== undefined && byRatio !== undefined) return Math.min(maxDiffPixels, byRatio);
  return maxDiffPixels ?? byRatio ?? 0;
}
