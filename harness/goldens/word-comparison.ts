/** Puts how a screen compares with a golden into words. */
import type { Region } from '../../sdk/screen/content.js';
import { diffTextScreens } from '../../sdk/screen/text-diff.js';
import type { GoldenComparison, Mode, Modes } from './compare.js';

/** Boxes that a message lists; more are counted. */
const SHOWN_BOXES = 5;

/** Count, ratio and places; or what makes comparing impossible. */
export function wordComparison(comparison: GoldenComparison): string {
  switch (comparison.kind) {
    case 'same':
      return 'no difference';
    case 'size':
      return wordSize(comparison);
    case 'differs':
      return wordDifference(comparison);
  }
}

/** In one line, for a list. */
export function wordShort(comparison: GoldenComparison): string {
  switch (comparison.kind) {
    case 'same':
      return 'no difference';
    case 'size':
      return `${comparison.expected.width}x${comparison.expected.height} pixels`;
    case 'differs':
      return comparison.pixels === 0 ? 'every pixel is equal' : wordCount(comparison);
  }
}

/**
 * The rows that differ; or, where the characters are equal, what else it must be. Empty where one of the two is no text
 * screen.
 * @param width no line is longer
 */
export function wordText(comparison: GoldenComparison, width: number): string {
  if (comparison.kind !== 'differs' || comparison.text === null) return '';
  const { expected, actual, differs } = comparison.text;
  return differs
    ? `Text that differs (- golden, + screen):\n${diffTextScreens(expected, actual, width)}`
    : 'All characters and their colours are equal: the guest uses another font or palette.';
}

function wordSize({ expected, actual, modes }: Extract<GoldenComparison, { kind: 'size' }>): string {
  return [
    `the screen is ${actual.width}x${actual.height} pixels, the golden ${expected.width}x${expected.height}`,
    ...(modes === null ? ['the guest is in another video mode, or the clip has changed'] : wordModes(modes)),
  ].join('\n');
}

function wordDifference(comparison: Extract<GoldenComparison, { kind: 'differs' }>): string {
  const { pixels, boxes, allowed, modes } = comparison;
  if (pixels === 0) return 'every pixel is equal, but the .txt beside the golden says otherwise (see below)';
  const count = wordCount(comparison, `; allowed: ${allowed}`);
  const shown = boxes.slice(0, SHOWN_BOXES).map(wordBox);
  const more = boxes.length > SHOWN_BOXES ? [`and ${boxes.length - SHOWN_BOXES} more places`] : [];
  return [count, ...shown, ...more, ...(modes === null ? [] : wordModes(modes))].join('\n');
}

function wordModes({ golden, screen }: Modes): string[] {
  return [`the golden is of ${wordMode(golden)},`, `the screen is ${wordMode(screen)}`];
}

function wordMode(mode: Mode): string {
  switch (mode.kind) {
    case 'text':
      return `a text screen of ${mode.columns}x${mode.rows} characters`;
    case 'graphic':
      return mode.mode === null ? 'a graphic screen (no .txt lies beside it)' : `a graphic one (${mode.mode})`;
    case 'blank':
      return 'blank';
  }
}

/** `12 pixels differ (0.40 % of all)`. */
function wordCount({ pixels, ratio }: Extract<GoldenComparison, { kind: 'differs' }>, more = ''): string {
  return `${pixels} ${pixels === 1 ? 'pixel differs' : 'pixels differ'} (${wordRatio(ratio)} of all${more})`;
}

function wordBox({ x, y, width, height }: Region): string {
  return `at x ${x}, y ${y}: ${width}x${height} pixels`;
}

function wordRatio(ratio: number): string {
  const percent = ratio * 100;
  return percent < 0.01 ? 'less than 0.01 %' : `${percent.toFixed(2)} %`;
}
