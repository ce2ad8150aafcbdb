/** Decides what a comparison comes to. */
import type { ComparedMachine } from './compare.js';
import type { Finding } from './findings.js';

export type Verdict =
  /** So many differences are accepted. */
  | { kind: 'same'; accepted: number }
  | { kind: 'different'; open: number }
  /** The scenario fails on both: what comes after that was not compared. */
  | { kind: 'both-failed'; open: number }
  /** It fails on one, of something that no step of a machine shows: a plain assertion, or a test without a machine. */
  | { kind: 'one-failed'; side: 'a' | 'b' };

export function verdictOf(
  failed: { a: boolean; b: boolean },
  machines: readonly Pick<ComparedMachine, 'diverged'>[],
  findings: readonly Pick<Finding, 'isAccepted' | 'found'>[],
): Verdict {
  const open = findings.filter(({ isAccepted }) => !isAccepted).length;
  if (failed.a && failed.b) return { kind: 'both-failed', open };
  if (open > 0 || machines.some(({ diverged }) => diverged !== null)) return { kind: 'different', open };
  const isSaid = findings.some(({ found }) => found.difference.kind === 'outcome');
  if (failed.a !== failed.b && !isSaid) return { kind: 'one-failed', side: failed.a ? 'a' : 'b' };
  return { kind: 'same', accepted: findings.length };
}
