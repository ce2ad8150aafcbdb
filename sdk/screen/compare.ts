/**
 * Comparing a frame with what was expected, from cheap to dear: the same bytes; the rows that are not equal; the port of
 * pixelmatch's count, on those alone. pixelmatch itself only draws the picture of a failure (`diff-picture.ts`).
 */
import { differingBoxes } from './boxes.js';
import { changedBands, equalWords, type EqualBytes } from './changed.js';
import { allowance, clipOf, DEFAULT_THRESHOLD, type CompareOptions } from './compare-options.js';
import type { Region } from './content.js';
import { countWithPixelmatch, MARGIN, type Counter, type Marks } from './counter.js';
import type { Picture } from './picture.js';
import { bestBuild, makeWasmCounter } from './wasm/counter.js';

export { DEFAULT_THRESHOLD, defaultTolerance, type CompareOptions } from './compare-options.js';
export { drawDiff } from './diff-picture.js';
export type { Picture } from './picture.js';

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

/** As {@link Comparison}, but of what differs no more than that. */
export type Match = Exclude<Comparison, { outcome: 'different' }> | { outcome: 'different' };

export interface Comparer {
  /**
   * Compares two pictures. The counts are those of pixelmatch on the whole (clipped and masked) pictures.
   * @throws GuestwrightError `usage/clip-outside` when the clip is outside the pictures
   */
  compare: (expected: Picture, actual: Picture, options?: CompareOptions) => Comparison;
  /**
   * As {@link compare}, for asking again and again: ends as soon as too much differs, and does not say where.
   * @throws GuestwrightError `usage/clip-outside` when the clip is outside the pictures
   */
  match: (expected: Picture, actual: Picture, options?: CompareOptions) => Match;
}

/** What a comparer is made of. */
export interface ComparerParts {
  count: Counter;
  equalBytes: EqualBytes;
}

/** @param parts what a platform can do better than {@link portableParts}: Node has memcmp, for example */
export function makeComparer(parts: Partial<ComparerParts> = {}): Comparer {
  const all = { ...portableParts(), ...parts };
  return {
    compare: (expected, actual, options = {}) => compareWith(all, expected, actual, options),
    match: (expected, actual, options = {}) => matchWith(all, expected, actual, options),
  };
}

let portable: ComparerParts | undefined;

/** The fastest that web standards have: WebAssembly with SIMD, without, or none. Loaded on first use. */
export function portableParts(): ComparerParts {
  if (portable === undefined) {
    const build = bestBuild();
    portable = build === null ? { count: countWithPixelmatch, equalBytes: equalWords } : makeWasmCounter(build);
  }
  return portable;
}

/** {@link Comparer.compare} with what every platform has. Node's is in `sdk/reading`. */
export function compareFrames(expected: Picture, actual: Picture, options: CompareOptions = {}): Comparison {
  return compareWith(portableParts(), expected, actual, options);
}

function compareWith(parts: ComparerParts, expected: Picture, actual: Picture, options: CompareOptions): Comparison {
  const counted = countAll(parts, expected, actual, options, true);
  if (counted.outcome !== 'different') return counted;
  const { pixels, ratio, allowed, marks } = counted;
  return { outcome: 'different', pixels, ratio, boxes: differingBoxes(marks, expected.width), allowed };
}

function matchWith(parts: ComparerParts, expected: Picture, actual: Picture, options: CompareOptions): Match {
  const counted = countAll(parts, expected, actual, options, false);
  return counted.outcome === 'different' ? { outcome: 'different' } : counted;
}

type Outcome =
  | Exclude<Comparison, { outcome: 'different' }>
  | { outcome: 'different'; pixels: number; ratio: number; allowed: number; marks: Marks[] };

/** @param whole whether to count all that differs and to mark it, or to stop as soon as it is too much */
function countAll(
  { count, equalBytes }: ComparerParts,
  expected: Picture,
  actual: Picture,
  options: CompareOptions,
  whole: boolean,
): Outcome {
  if (expected.width !== actual.width || expected.height !== actual.height) {
    return { outcome: 'size-mismatch', expected: sizeOf(expected), actual: sizeOf(actual) };
  }
  const area = clipOf(expected, options.clip);
  const total = area.width * area.height;
  const allowed = allowance(options, total);
  const rule = {
    ...{ expected, actual, area },
    masks: options.masks ?? [],
    threshold: options.threshold ?? DEFAULT_THRESHOLD,
    includeAA: options.includeAA ?? false,
    marking: whole,
  };
  let pixels = 0;
  let unequal = false;
  const marks: Marks[] = [];
  // With the margins of two bands between them, no difference is in both.
  for (const part of changedBands(expected, actual, area, 2 * MARGIN, equalBytes)) {
    const counted = count({ ...rule, part, limit: whole ? Infinity : allowed - pixels });
    pixels += counted.pixels;
    unequal ||= counted.unequal;
    marks.push(...counted.marks);
    if (!whole && pixels > allowed) break;
  }
  if (!unequal) return { outcome: 'identical' };
  const ratio = pixels / total;
  return pixels <= allowed
    ? { outcome: 'within-tolerance', pixels, ratio }
    : { outcome: 'different', pixels, ratio, allowed, marks };
}

function sizeOf({ width, height }: Picture): { width: number; height: number } {
  return { width, height };
}
