/** Compares what is on the screen with its golden: the cells where both are text screens, and the pixels always. */
import { compareFrames, matchFrames } from '../../sdk/reading/compare.js';
import { defaultTolerance, drawDiff, type CompareOptions, type Picture } from '../../sdk/screen/compare.js';
import type { Region } from '../../sdk/screen/content.js';
import type { Frame } from '../../sdk/screen/frame.js';
import { compareTextScreens, maskText, textScreenOf, type TextScreen } from '../../sdk/screen/text-diff.js';
import type { Golden } from './store.js';

/** What the scenario allows; what it leaves out is decided by the kind of screen (`defaultTolerance`). */
export type Tolerance = Pick<CompareOptions, 'threshold' | 'maxDiffPixels' | 'maxDiffPixelRatio'>;

export type GoldenComparison =
  | { kind: 'same' }
  | { kind: 'size'; expected: Size; actual: Size; modes: Modes | null }
  | {
      kind: 'differs';
      /** Pixels beyond the threshold, and which part of all that is. */
      pixels: number;
      ratio: number;
      boxes: Region[];
      /** How many pixels were allowed to differ. */
      allowed: number;
      /** Null where one of the two is no text screen. */
      text: TextDifference | null;
      modes: Modes | null;
    };

interface Size {
  width: number;
  height: number;
}

/** Two text screens, masked. */
export interface TextDifference {
  expected: TextScreen;
  actual: TextScreen;
  /** Whether any character or colour differs. */
  differs: boolean;
}

/** The golden and the screen are of different kinds. */
export interface Modes {
  golden: Mode;
  screen: Mode;
}

export type Mode =
  | { kind: 'text'; columns: number; rows: number }
  /** The mode in words; null where nothing says it: a golden without a text file. */
  | { kind: 'graphic'; mode: string | null }
  | { kind: 'blank' };

export interface CompareSettings {
  /** In pixels of the (clipped) frame. */
  masks: readonly Region[];
  tolerance: Tolerance;
}

/** A tolerance that a scenario gives is one for pixels: cells then no longer have to be equal. */
export function compareWithGolden(golden: Golden, frame: Frame, settings: CompareSettings): GoldenComparison {
  const result = compareFrames(golden, frame, optionsFor(frame, settings));
  const modes = compareModes(golden, frame);
  if (result.outcome === 'size-mismatch') {
    return { kind: 'size', expected: result.expected, actual: result.actual, modes };
  }
  const text = compareText(golden, frame, settings.masks);
  if (result.outcome === 'different') {
    const { pixels, ratio, boxes, allowed } = result;
    return { kind: 'differs', pixels, ratio, boxes, allowed, text, modes };
  }
  if (isTolerant(settings) || text?.differs !== true) return { kind: 'same' };
  return { kind: 'differs', pixels: 0, ratio: 0, boxes: [], allowed: 0, text, modes };
}

/**
 * Whether {@link compareWithGolden} would say that they are the same: for asking again and again. Where characters tell
 * that they are not, nothing is drawn.
 */
export function matchesGolden(golden: Golden, frame: Frame, settings: CompareSettings): boolean {
  if (!isTolerant(settings) && compareText(golden, frame, settings.masks)?.differs === true) return false;
  const { outcome } = matchFrames(golden, frame, optionsFor(frame, settings));
  return outcome === 'identical' || outcome === 'within-tolerance';
}

/** Whether two frames are the same where it counts: nothing has moved between them. */
export function sameFrame(a: Frame, b: Frame, masks: readonly Region[]): boolean {
  return a === b || matchFrames(a, b, { masks, threshold: 0, includeAA: true }).outcome === 'identical';
}

/** A picture of what differs, for the report. */
export function drawDifference(golden: Golden, frame: Frame, settings: CompareSettings): Picture {
  return drawDiff(golden, frame, optionsFor(frame, settings));
}

function optionsFor({ content }: Frame, { masks, tolerance }: CompareSettings): CompareOptions {
  return { ...defaultTolerance(content.kind), ...tolerance, masks };
}

function isTolerant({ tolerance }: CompareSettings): boolean {
  return Object.keys(tolerance).length > 0;
}

function compareText({ text }: Golden, { grid }: Frame, masks: readonly Region[]): TextDifference | null {
  if (text === null || grid === null) return null;
  const [expected, actual] = [maskText(text.screen, masks), maskText(textScreenOf(grid), masks)];
  return { expected, actual, differs: compareTextScreens(expected, actual).outcome !== 'identical' };
}

function compareModes({ text }: Golden, { content, grid }: Frame): Modes | null {
  // A clip that cuts cells has no text, though the screen has.
  if (content.kind === 'text' && grid === null) return null;
  const screen: Mode =
    grid !== null
      ? { kind: 'text', columns: grid.columns, rows: grid.rows }
      : content.kind === 'graphic'
        ? { kind: 'graphic', mode: content.mode }
        : { kind: 'blank' };
  if (text === null) return screen.kind === 'text' ? { golden: { kind: 'graphic', mode: null }, screen } : null;
  const { columns, rows } = text.screen;
  const same = screen.kind === 'text' && screen.columns === columns && screen.rows === rows;
  return same ? null : { golden: { kind: 'text', columns, rows }, screen };
}
