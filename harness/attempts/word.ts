/** Where two attempts part, in words. */
import { wordTime } from '../fixtures/guest-time.js';
import type { AttemptEvent } from './attempt.js';
import type { Comparison } from './compare.js';

/** Expected is what the attempt that passed did, seen what the one that failed did. */
export function wordParting(comparison: Comparison): string {
  switch (comparison.outcome) {
    case 'same':
      return `both attempts did the same with the machine, in ${comparison.steps} steps: what differed was outside of it`;
    case 'done': {
      const { expected, seen, within } = comparison;
      const where = within === null ? '' : ` in the step "${within}"`;
      return `the attempts part${where}: expected ${wordEvent(expected)}, seen ${wordEvent(seen)}`;
    }
    case 'ended': {
      const { expected, seen } = comparison;
      return (
        `the attempts part in the step "${seen.title}": expected that it ${wordEnd(expected)}, ` +
        `seen that it ${wordEnd(seen)}`
      );
    }
    case 'screen': {
      const { expected, seen, row, texts } = comparison;
      return (
        `the attempts part in what the screen showed after the step "${seen.title}", row ${row + 1}: ` +
        `expected ${JSON.stringify(texts.expected)} at ${wordTime(expected.at)}, ` +
        `seen ${JSON.stringify(texts.seen)} at ${wordTime(seen.at)}`
      );
    }
    case 'serial': {
      const { expected, seen } = comparison;
      return (
        `the attempts part in what the serial port had said after the step "${seen.title}" ` +
        `(expected at ${wordTime(expected.at)}, seen at ${wordTime(seen.at)})`
      );
    }
  }
}

function wordEvent(event: AttemptEvent | null): string {
  if (event === null) return 'the end of the attempt';
  const what = event.kind === 'input' ? event.words : `the end of the step "${event.title}"`;
  return `${what} at ${wordTime(event.at)}`;
}

function wordEnd({ passed, at }: { passed: boolean; at: number }): string {
  return `${passed ? 'passed' : 'failed'} at ${wordTime(at)}`;
}
