/** Puts what became of a golden into words. */
import { relative } from 'node:path';
import type { Failure } from '../../sdk/errors.js';
import type { Region } from '../../sdk/screen/content.js';
import type { GoldenComparison } from './compare.js';
import type { GoldenDecision } from './decide.js';

/** Boxes that a message lists; more are counted. */
const SHOWN_BOXES = 5;

export interface GoldenWords {
  summary: string;
  failure: Failure;
  /** What goes below: the text difference. */
  details: string;
}

export interface GoldenSubject {
  machine: string;
  /** The golden's file. */
  file: string;
  /** Test to run again, for the command: `scenarios/a.spec.ts:12`. */
  test: string;
  project: string;
  /** `within 30.00 s of guest time (…)`. */
  waited: string;
}

/** Words for a decision that does not pass; null for one that does. */
export function wordGolden(
  decision: GoldenDecision,
  comparison: GoldenComparison | null,
  subject: GoldenSubject,
): GoldenWords | null {
  if (decision.kind === 'ignored' || decision.kind === 'accepted') return null;
  const { machine, waited } = subject;
  const file = wordFile(subject.file);
  if (decision.kind === 'write') {
    if (decision.passes) return null;
    return {
      summary: `The golden ${file} did not exist; it has been written`,
      failure: {
        kind: 'assertion',
        code: 'golden-written',
        expected: `a golden at ${file}`,
        seen: 'none, so what the screen shows now was written there',
        next: 'look at it, commit it if it is right, and run again',
      },
      details: '',
    };
  }
  switch (decision.why) {
    case 'missing':
      return {
        summary: `The golden ${file} does not exist`,
        failure: {
          kind: 'assertion',
          code: 'golden-missing',
          expected: `a golden at ${file}`,
          seen: 'none, and this run must not write any (--update-snapshots=none)',
          next: `write it: ${acceptCommand(subject, 'missing')}`,
        },
        details: '',
      };
    case 'negated-missing':
      return {
        summary: `The golden ${file} does not exist`,
        failure: {
          kind: 'assertion',
          code: 'golden-missing',
          expected: `a golden at ${file} for the screen to differ from`,
          seen: 'none, and .not never writes one',
          next: 'write it with a toMatchGolden() without .not first',
        },
        details: '',
      };
    case 'negated-matches':
      return {
        summary: `The screen of ${machine} still matches the golden ${file}`,
        failure: {
          kind: 'assertion',
          code: 'golden-matches',
          expected: `a difference ${waited}`,
          seen: 'none',
        },
        details: '',
      };
    case 'differs':
      return {
        summary: `The screen of ${machine} does not match the golden ${file}`,
        failure: {
          kind: 'assertion',
          code: comparison?.kind === 'size' ? 'golden-size' : 'golden-differs',
          expected: `a match ${waited}`,
          seen: comparison === null ? 'a difference' : wordComparison(comparison),
          next: `if the screen is right now, accept it: ${acceptCommand(subject, 'changed')}`,
        },
        details: comparison === null ? '' : wordText(comparison),
      };
  }
}

/** For the terminal, when a golden was written and its test passes. */
export function wordWritten(decision: GoldenDecision, file: string): string | null {
  if (decision.kind !== 'write' || !decision.passes) return null;
  const reasons = { missing: 'it did not exist', differs: 'the screen has changed', refresh: 'all are written anew' };
  return `Golden written: ${wordFile(file)} (${reasons[decision.why]})`;
}

function wordComparison(comparison: GoldenComparison): string {
  switch (comparison.kind) {
    case 'same':
      return 'no difference';
    case 'size':
      return wordSize(comparison);
    case 'differs':
      return wordDifference(comparison);
  }
}

function wordSize({ expected, actual }: Extract<GoldenComparison, { kind: 'size' }>): string {
  return [
    `the screen is ${actual.width}x${actual.height} pixels, the golden ${expected.width}x${expected.height}`,
    'the guest is in another video mode, or the clip has changed',
  ].join('\n');
}

function wordDifference({ pixels, ratio, boxes, allowed }: Extract<GoldenComparison, { kind: 'differs' }>): string {
  if (pixels === 0) return 'every pixel is equal, but the .txt beside the golden says otherwise (see below)';
  const count = `${pixels} ${pixels === 1 ? 'pixel differs' : 'pixels differ'} (${wordRatio(ratio)} of all; allowed: ${allowed})`;
  const shown = boxes.slice(0, SHOWN_BOXES).map(wordBox);
  const more = boxes.length > SHOWN_BOXES ? [`and ${boxes.length - SHOWN_BOXES} more places`] : [];
  return [count, ...shown, ...more].join('\n');
}

/** The rows that differ; or, where the characters are equal, what else it must be. */
function wordText(comparison: GoldenComparison): string {
  if (comparison.kind !== 'differs' || comparison.text === null) return '';
  return comparison.text === ''
    ? 'All characters and their colours are equal: the guest uses another font or palette.'
    : `Text that differs (- golden, + screen):\n${comparison.text}`;
}

function wordBox({ x, y, width, height }: Region): string {
  return `at x ${x}, y ${y}: ${width}x${height} pixels`;
}

function wordRatio(ratio: number): string {
  const percent = ratio * 100;
  return percent < 0.01 ? 'less than 0.01 %' : `${percent.toFixed(2)} %`;
}

function acceptCommand({ test, project }: GoldenSubject, mode: 'missing' | 'changed'): string {
  const update = mode === 'changed' ? '-u' : '--update-snapshots=missing';
  const where = project === '' ? '' : ` --project ${quoteArgument(project)}`;
  return `npx guestwright run ${quoteArgument(test)}${where} ${update}`;
}

/** For a command to be copied into a shell. */
function quoteArgument(argument: string): string {
  return /^[\w./:@=+-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`;
}

/** A file's path as a person would type it here. */
export function wordFile(file: string): string {
  const near = relative(process.cwd(), file);
  return near.startsWith('..') ? file : near;
}
