/** Compares what is on the screen with its golden: the cells where both are text screens, and the pixels always. */
import {
  compareFrames,
  defaultTolerance,
  drawDiff,
  type CompareOptions,
  type Picture,
} from '../../sdk/screen/compare.js';
import type { Region } from '../../sdk/screen/content.js';
import type { Frame } from '../../sdk/screen/frame.js';
import { compareTextScreens, diffTextScreens, maskText, textScreenOf } from '../../sdk/screen/text-diff.js';
import type { Golden } from './store.js';

/** What the scenario allows; what it leaves out is decided by the kind of screen (`defaultTolerance`). */
export type Tolerance = Pick<CompareOptions, 'threshold' | 'maxDiffPixels' | 'maxDiffPixelRatio'>;

export type GoldenComparison =
  | { kind: 'same' }
  | { kind: 'size'; expected: Size; actual: Size }
  | {
      kind: 'differs';
      /** Pixels beyond the threshold, and which part of all that is. */
      pixels: number;
      ratio: number;
      boxes: Region[];
      /** How many pixels were allowed to differ. */
      allowed: number;
      /** Rows that differ, in words; empty when all cells are equal, null where one of the two is no text screen. */
      text: string | null;
    };

interface Size {
  width: number;
  height: number;
}

export interface CompareSettings {
  /** In pixels of the (clipped) frame. */
  masks: readonly Region[];
  tolerance: Tolerance;
}

/** A tolerance that a scenario gives is one for pixels: cells then no longer have to be equal. */
export function compareWithGolden(golden: Golden, frame: Frame, settings: CompareSettings): GoldenComparison {
  const result = compareFrames(golden, frame, optionsFor(frame, settings));
  if (result.outcome === 'size-mismatch') return { kind: 'size', expected: result.expected, actual: result.actual };
  const text = compareText(golden, frame, settings.masks);
  const tolerant = Object.keys(settings.tolerance).length > 0;
  if (result.outcome === 'different') {
    const { pixels, ratio, boxes, allowed } = result;
    return { kind: 'differs', pixels, ratio, boxes, allowed, text };
  }
  if (tolerant || text === null || text === '') return { kind: 'same' };
  return { kind: 'differs', pixels: 0, ratio: 0, boxes: [], allowed: 0, text };
}

/** Whether two frames are the same where it counts: nothing has moved between them. */
export function sameFrame(a: Frame, b: Frame, masks: readonly Region[]): boolean {
  return compareFrames(a, b, { masks, threshold: 0, includeAA: true }).outcome === 'identical';
}

/** A picture of what differs, for the report. */
export function drawDifference(golden: Golden, frame: Frame, settings: CompareSettings): Picture {
  return drawDiff(golden, frame, optionsFor(frame, settings));
}

function optionsFor({ content }: Frame, { masks, tolerance }: CompareSettings): CompareOptions {
  return { ...defaultTolerance(content.kind), ...tolerance, masks };
}

function compareText({ text }: Golden, { grid }: Frame, masks: readonly Region[]): string | null {
  if (text === null || grid === null) return null;
  const [expected, actual] = [maskText(text.screen, masks), maskText(textScreenOf(grid), masks)];
  return compareTextScreens(expected, actual).outcome === 'identical' ? '' : diffTextScreens(expected, actual);
}
