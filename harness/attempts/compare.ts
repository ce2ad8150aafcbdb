/** Decides where two attempts at a scenario first part. */
import type { Attempt, AttemptEvent } from './attempt.js';

type Step = Extract<AttemptEvent, { kind: 'step' }>;

export type Comparison =
  /** The machine did the same, as far as was noted. */
  | { outcome: 'same'; steps: number }
  /** Something was done that was not done before, or at another time; null: the attempt was over. */
  | { outcome: 'done'; expected: AttemptEvent | null; seen: AttemptEvent | null; within: string | null }
  /** The same step ended otherwise, or at another time. */
  | { outcome: 'ended'; expected: Step; seen: Step }
  /** After the same inputs at the same step the screen showed another text. `row` is 0-based. */
  | { outcome: 'screen'; expected: Step; seen: Step; row: number; texts: { expected: string; seen: string } }
  | { outcome: 'serial'; expected: Step; seen: Step };

/**
 * @param passed the attempt that is as it should be
 * @param failed the attempt that was not
 */
export function compareAttempts(passed: Attempt, failed: Attempt): Comparison {
  const exact = passed.exact && failed.exact;
  const length = Math.max(passed.events.length, failed.events.length);
  for (let i = 0; i < length; i++) {
    const [expected = null, seen = null] = [passed.events[i], failed.events[i]];
    if (expected === null || seen === null || !isSameDeed(expected, seen)) {
      return { outcome: 'done', expected, seen, within: stepAround(failed, i) ?? stepAround(passed, i) };
    }
    if (expected.kind === 'step' && seen.kind === 'step') {
      const parting = comparedSteps(expected, seen, { passed, failed, exact });
      if (parting !== null) return parting;
    } else if (exact && expected.at !== seen.at) {
      return { outcome: 'done', expected, seen, within: stepAround(failed, i) };
    }
  }
  return { outcome: 'same', steps: passed.events.filter(({ kind }) => kind === 'step').length };
}

/** Times apart. */
function isSameDeed(a: AttemptEvent, b: AttemptEvent): boolean {
  if (a.kind === 'input') return b.kind === 'input' && a.words === b.words;
  return b.kind === 'step' && a.title === b.title;
}

function comparedSteps(
  expected: Step,
  seen: Step,
  { passed, failed, exact }: { passed: Attempt; failed: Attempt; exact: boolean },
): Comparison | null {
  if (expected.passed !== seen.passed || (exact && expected.at !== seen.at))
    return { outcome: 'ended', expected, seen };
  const [a, b] = [textOf(passed, expected), textOf(failed, seen)];
  if (a !== null && b !== null) {
    const rows = Array.from({ length: Math.max(a.length, b.length) }, (_, row) => row);
    const row = rows.find((one) => (a[one] ?? '') !== (b[one] ?? ''));
    if (row !== undefined) {
      return { outcome: 'screen', expected, seen, row, texts: { expected: a[row] ?? '', seen: b[row] ?? '' } };
    }
  }
  // Where the guest's time is the host's, how much was said at the end of a step is chance.
  const bothHeard = exact && expected.serial !== null && seen.serial !== null;
  return bothHeard && expected.serial !== seen.serial ? { outcome: 'serial', expected, seen } : null;
}

function textOf({ screens }: Attempt, { screen }: Step): readonly string[] | null {
  return screen === null ? null : (screens[screen] ?? null);
}

/** Title of the step that an event belongs to: inputs come before theirs. */
function stepAround({ events }: Attempt, index: number): string | null {
  const step = events.slice(index).find((event) => event.kind === 'step');
  return step?.title ?? null;
}
