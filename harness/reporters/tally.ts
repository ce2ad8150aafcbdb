/** Counts failures apart, by what kind of thing went wrong. */
import type { Failure, FailureKind } from '../../sdk/errors.js';

/** A test that did not simply pass. */
export interface FailedScenario {
  /** `grub-rescue-v86 › grub-rescue.spec.ts › walks the menu`. */
  title: string;
  file: string;
  line: number;
  failure: Failure;
  /** Of one that passed on a retry: where the attempts part, as far as it was noted. */
  parting?: string;
}

export interface MemoisedScenario {
  title: string;
  /** `12 of 13 steps from store`. */
  words: string;
  durationMs: number;
}

export interface Counts {
  passed: number;
  skipped: number;
  failed: Record<FailureKind, number>;
}

/** What `guestwright run` reads, and anybody else who wants numbers. */
export interface Summary {
  counts: Counts;
  failures: FailedScenario[];
  /** Errors outside of any scenario: a file that does not load, a worker that died. */
  errors: string[];
  /** 3 when anything of the infrastructure failed, else 1 when a scenario failed, else 0. */
  exitCodeHint: 0 | 1 | 3;
  /** What of each scenario came from the store, of those that were memoised. */
  memoised: MemoisedScenario[];
  /** Folder of the HTML report, relative to the project; null when there is none. */
  htmlReport: string | null;
  durationMs: number;
}

const WORDS: Record<FailureKind, string> = {
  assertion: 'asserted something that did not happen',
  guest: 'failed in the guest (it crashed, halted or powered off)',
  infrastructure: 'failed in the infrastructure (the host, an engine or a tool)',
  usage: 'used the API wrongly',
  unstable: 'passed only on a retry',
};

const KINDS = Object.keys(WORDS) as FailureKind[];

export function countFailures(failures: readonly FailedScenario[]): Record<FailureKind, number> {
  const count = (kind: FailureKind) => failures.filter(({ failure }) => failure.kind === kind).length;
  return {
    assertion: count('assertion'),
    guest: count('guest'),
    infrastructure: count('infrastructure'),
    usage: count('usage'),
    unstable: count('unstable'),
  };
}

/** A scenario that passed on a retry did pass: `unstable` is counted but does not fail the run. */
export function exitCodeHint(failed: Record<FailureKind, number>, errors: number): Summary['exitCodeHint'] {
  if (failed.infrastructure > 0) return 3;
  return failed.assertion + failed.guest + failed.usage + errors > 0 ? 1 : 0;
}

/** The lines for the terminal; empty when there is nothing that Playwright's own list does not say. */
export function wordSummary({ counts, failures, memoised, htmlReport }: Summary): string {
  const lines = KINDS.filter((kind) => counts.failed[kind] > 0).flatMap((kind) => [
    `  ${counts.failed[kind]} ${WORDS[kind]}:`,
    ...failures
      .filter(({ failure }) => failure.kind === kind)
      .flatMap(({ title, failure, parting }) => [
        `    ${title} [${failure.code}]`,
        ...(parting === undefined ? [] : [`      ${parting}`]),
      ]),
  ]);
  lines.push(
    ...memoised.map(({ title, words, durationMs }) => `  ${title}: ${words}, ${(durationMs / 1000).toFixed(1)} s`),
  );
  if (htmlReport !== null) lines.push(`  Report: ${htmlReport}`);
  return lines.length === 0 ? '' : `\n${lines.join('\n')}\n`;
}
