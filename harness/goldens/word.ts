/** Puts what became of a golden into words. */
import { relative } from 'node:path';
import type { Failure } from '../../sdk/errors.js';
import type { GoldenPictures } from './apply.js';
import type { Compared } from './candidates.js';
import type { GoldenDecision } from './decide.js';
import { wordComparison, wordShort, wordText } from './word-comparison.js';

/** Goldens that a message lists beside the nearest; more are counted. */
const SHOWN_OTHERS = 5;

export interface GoldenWords {
  summary: string;
  failure: Failure;
  /** What goes below: the text difference, the pictures. */
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
  /** Columns of the terminal. */
  width: number;
}

/** Words for a decision that does not pass; null for one that does. */
export function wordGolden(
  decision: GoldenDecision,
  ranked: readonly Compared[],
  subject: GoldenSubject,
  pictures: GoldenPictures | null,
): GoldenWords | null {
  if (decision.kind === 'ignored' || decision.kind === 'accepted') return null;
  const { machine, waited } = subject;
  const file = wordFile(subject.file);
  const shown = pictures === null ? '' : wordPictures(pictures, ranked);
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
        details: shown,
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
        details: shown,
      };
    case 'negated-matches':
      return {
        summary: `The screen of ${machine} still matches the golden ${wordFile(ranked[0]?.golden.paths.png ?? subject.file)}`,
        failure: {
          kind: 'assertion',
          code: 'golden-matches',
          expected: `a difference ${waited}`,
          seen: 'none',
        },
        details: shown,
      };
    case 'differs':
      return wordDiffering(ranked, subject, shown);
  }
}

function wordDiffering(ranked: readonly Compared[], subject: GoldenSubject, pictures: string): GoldenWords {
  const [nearest, ...others] = ranked;
  const { machine, waited, width } = subject;
  const file = wordFile(subject.file);
  const comparison = nearest?.comparison ?? { kind: 'same' };
  const accept = acceptCommand(subject, 'changed');
  return {
    summary:
      others.length === 0
        ? `The screen of ${machine} does not match the golden ${wordFile(nearest?.golden.paths.png ?? subject.file)}`
        : `The screen of ${machine} matches none of the ${ranked.length} goldens of ${file}`,
    failure: {
      kind: 'assertion',
      code: comparison.kind === 'size' ? 'golden-size' : 'golden-differs',
      expected: `a match ${waited}`,
      seen: [
        ...(others.length === 0 ? [] : [`the nearest is ${nearest?.golden.paths.name ?? ''}.png`]),
        wordComparison(comparison),
        ...wordOthers(others),
      ].join('\n'),
      next:
        others.length === 0
          ? `if the screen is right now, accept it: ${accept}`
          : `if the screen is right now, let it take the nearest one's place: ${accept}`,
    },
    details: [wordText(comparison, width), pictures].filter((part) => part !== '').join('\n\n'),
  };
}

function wordOthers(others: readonly Compared[]): string[] {
  const shown = others
    .slice(0, SHOWN_OTHERS)
    .map(({ golden, comparison }) => `further off: ${golden.paths.name}.png, ${wordShort(comparison)}`);
  const more = others.length > SHOWN_OTHERS ? [`and ${others.length - SHOWN_OTHERS} more goldens`] : [];
  return [...shown, ...more];
}

/** Each on a line of its own, however long: a path is there to be copied. */
function wordPictures({ actual, diff }: GoldenPictures, [nearest]: readonly Compared[]): string {
  if (diff === null) return `Picture of the screen:\n  ${wordFile(actual)}`;
  const files = [nearest?.golden.paths.png ?? '', actual, diff].map(wordFile);
  return `Pictures (golden, screen, difference):\n${files.map((file) => `  ${file}`).join('\n')}`;
}

/** For the terminal, when a golden was written and its test passes. */
export function wordWritten(decision: GoldenDecision, file: string): string | null {
  if (decision.kind !== 'write' || !decision.passes) return null;
  const reasons = { missing: 'it did not exist', differs: 'the screen has changed', refresh: 'all are written anew' };
  return `Golden written: ${wordFile(file)} (${reasons[decision.why]})`;
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
