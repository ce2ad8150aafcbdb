/** What is said about shards. */
import type { Plan } from './plan.js';
import type { Merged } from './merged.js';

/** Of a run that is split as Playwright splits it. */
export type NotBalanced = 'playwright-cannot' | 'another-reporter';

export function wordPlan(plan: Plan): string {
  return `Shard ${plan.current} of ${plan.total}: ${wordShare(plan)}${wordGuess(plan)}`;
}

/** `7 of 12 tests, about 3 min of 6 min`. */
export function wordShare({ tests, seconds }: Plan): string {
  const share = `${tests.here} of ${tests.all} tests`;
  return seconds === null ? share : `${share}, about ${wordTime(seconds.here)} of ${wordTime(seconds.all)}`;
}

function wordGuess({ guessed, seconds }: Plan): string {
  if (seconds === null) return '; each counts the same: durations.json is not there, or knows none of them';
  if (guessed.tests === 0) return '';
  return `; ${guessed.tests} without a known duration, counted as ${wordTime(guessed.seconds)} each`;
}

function wordTime(seconds: number): string {
  return seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

export function wordNotBalanced(reason: NotBalanced): string {
  const why =
    reason === 'another-reporter'
      ? 'another reporter of this project splits the tests'
      : 'this version of Playwright splits the tests by their number, not by how long they take';
  return `Shards: ${why}`;
}

/** Null when all is well. */
export function wordMerged(merged: Merged): string | null {
  switch (merged.kind) {
    case 'whole':
      return null;
    case 'missing':
      return `The report is not whole: ${list(merged.missing)} of ${merged.total} left none`;
    case 'differ':
      return 'The shards were split differently, so tests may be missing from the report or in it twice: not all had the same durations.json and the same tests';
  }
}

function list(shards: readonly number[]): string {
  return `${shards.length === 1 ? 'shard' : 'shards'} ${shards.join(', ')}`;
}
