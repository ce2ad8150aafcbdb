/** Decides what becomes of a golden. What is done about it is in `apply.ts`, what is said in `word.ts`. */

/** Playwright's `--update-snapshots` modes. */
export type UpdateMode = 'all' | 'changed' | 'missing' | 'none' | 'default';

/** How the screen compares with the golden. */
export type Comparison =
  /** There is no golden. */
  | 'missing'
  | 'differs'
  /** It matches, though the golden's file would be another one if it were written now. */
  | 'matches'
  /** It matches, and so does every byte. */
  | 'identical';

export interface GoldenQuestion {
  mode: UpdateMode;
  /** `--ignore-snapshots`. */
  ignore: boolean;
  /** `expect(...).not`. */
  negated: boolean;
  comparison: Comparison;
}

export type GoldenDecision =
  /** Goldens are ignored in this run. */
  | { kind: 'ignored' }
  /** What was expected is so; nothing to do. */
  | { kind: 'accepted' }
  /** Write the screen as the golden; `passes` is false for a first golden that nobody has looked at. */
  | { kind: 'write'; why: 'missing' | 'differs' | 'refresh'; passes: boolean }
  | { kind: 'refused'; why: 'missing' | 'differs' | 'negated-missing' | 'negated-matches' };

/**
 * | mode      | missing            | differs       | matches, other bytes |
 * |-----------|--------------------|---------------|----------------------|
 * | `default` | write, fail        | fail          | pass                 |
 * | `missing` | write, pass        | fail          | pass                 |
 * | `changed` | write, pass        | rewrite, pass | keep, pass           |
 * | `all`     | write, pass        | rewrite, pass | rewrite, pass        |
 * | `none`    | fail, do not write | fail          | pass                 |
 *
 * Ignoring goldens passes always; `.not` never writes.
 */
export function decideGolden({ mode, ignore, negated, comparison }: GoldenQuestion): GoldenDecision {
  if (ignore) return { kind: 'ignored' };
  if (negated) return decideNegated(comparison);
  switch (comparison) {
    case 'missing':
      if (mode === 'none') return { kind: 'refused', why: 'missing' };
      return { kind: 'write', why: 'missing', passes: mode !== 'default' };
    case 'differs':
      if (mode !== 'changed' && mode !== 'all') return { kind: 'refused', why: 'differs' };
      return { kind: 'write', why: 'differs', passes: true };
    case 'matches':
      return mode === 'all' ? { kind: 'write', why: 'refresh', passes: true } : { kind: 'accepted' };
    case 'identical':
      return { kind: 'accepted' };
  }
}

function decideNegated(comparison: Comparison): GoldenDecision {
  switch (comparison) {
    case 'missing':
      return { kind: 'refused', why: 'negated-missing' };
    case 'differs':
      return { kind: 'accepted' };
    case 'matches':
    case 'identical':
      return { kind: 'refused', why: 'negated-matches' };
  }
}

/** What to wait for before the question can be asked. */
export type GoldenWait =
  /** Nothing: the screen is not even looked at. */
  | 'nothing'
  /** Nothing more than one look, for the message: the answer is known. */
  | 'one-look'
  /** The screen to match, up to the time-out. */
  | 'match'
  /** The screen to differ, up to the time-out. */
  | 'difference'
  /** The screen to match or, failing that, to stand still: it may become the golden. */
  | 'match-or-stable';

export function decideWait({ mode, ignore, negated }: Omit<GoldenQuestion, 'comparison'>, exists: boolean): GoldenWait {
  if (ignore) return 'nothing';
  if (negated) return exists ? 'difference' : 'one-look';
  if (!exists) return mode === 'none' ? 'one-look' : 'match-or-stable';
  return mode === 'changed' || mode === 'all' ? 'match-or-stable' : 'match';
}
