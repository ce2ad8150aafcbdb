/** Decides whether two runs were the same, and where they first were not. */
import type { GuestTime, StateHash } from '../../sdk/index.js';
import type { Step } from './log.js';

export type Comparison =
  | { outcome: 'same'; steps: number }
  | {
      outcome: 'different';
      /** 1-based. */
      step: number;
      title: string;
      at: { expected: GuestTime; seen: GuestTime };
      /** Parts of the state that differ: `clock`, `memory`, … */
      parts: string[];
    }
  /** One run did another step, or ended earlier. */
  | { outcome: 'diverged'; step: number; expected: string | null; seen: string | null };

/** A step that one of the runs has no hash of is compared by its title and its guest time. */
export function compareSteps(expected: readonly Step[], seen: readonly Step[]): Comparison {
  for (let i = 0; i < Math.max(expected.length, seen.length); i++) {
    const [a, b] = [expected[i], seen[i]];
    if (a === undefined || b === undefined || a.title !== b.title) {
      return { outcome: 'diverged', step: i + 1, expected: a?.title ?? null, seen: b?.title ?? null };
    }
    const parts = differingParts(a.hash, b.hash);
    if (parts === null && a.at === b.at) continue;
    const at = { expected: a.at, seen: b.at };
    return { outcome: 'different', step: i + 1, title: a.title, at, parts: parts ?? [] };
  }
  return { outcome: 'same', steps: expected.length };
}

/** Null: the states are the same as far as was asked. */
function differingParts(a: StateHash | null, b: StateHash | null): string[] | null {
  if (a === null || b === null || a.hash === b.hash) return null;
  return Object.keys(a.parts).filter((part) => a.parts[part] !== b.parts[part]);
}

/** In words: a sentence, then what differs. */
export function wordComparison(comparison: Exclude<Comparison, { outcome: 'same' }>): string {
  if (comparison.outcome === 'diverged') {
    const { step, expected, seen } = comparison;
    const word = (title: string | null): string => (title === null ? 'the end of the run' : `"${title}"`);
    return `step ${step} is the first that differs: expected ${word(expected)}, seen ${word(seen)}`;
  }
  const { step, title, at, parts } = comparison;
  const when =
    at.expected === at.seen
      ? `at guest time ${at.expected} ms`
      : `at guest time ${at.seen} ms rather than ${at.expected} ms`;
  return `step ${step} "${title}" is the first that differs, ${when}; what differs: ${parts.join(', ') || 'the time'}`;
}
