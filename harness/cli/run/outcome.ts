/** Decides how `guestwright run` ends. */
import { EXIT, type ExitCode } from '../exit.js';
import type { RunSummary } from './summary.js';

/** What is known after Playwright has ended. */
export interface Ended {
  exitCode: number | null;
  /** The end of what it wrote on the error output. */
  errors: string;
  /** What Guestwright's reporter left, if it ran. */
  summary: RunSummary | null;
  /** A signal that asked us to stop. */
  interruptedBy: NodeJS.Signals | null;
}

export type Outcome =
  | { kind: 'reported'; exitCode: ExitCode }
  | { kind: 'interrupted'; signal: NodeJS.Signals }
  /** Playwright refused its arguments. */
  | { kind: 'wrong-usage' }
  /** Playwright never got to the scenarios, or died. */
  | { kind: 'did-not-run'; exitCode: number | null };

/** Playwright's exit code does not tell wrong arguments from failed tests: its own sentences do. */
const WRONG_USAGE = [
  /^error: (unknown|missing|too many|option|command-argument)/m,
  /Error: No tests found/,
  /Error: (Project\(s\)|No projects? )/,
  /Error: Unsupported (shard|update|trace)/i,
];

export function decideOutcome({ exitCode, errors, summary, interruptedBy }: Ended): Outcome {
  if (interruptedBy !== null) return { kind: 'interrupted', signal: interruptedBy };
  if (exitCode === 130) return { kind: 'interrupted', signal: 'SIGINT' };
  if (summary?.exitCodeHint === EXIT.infrastructure) return { kind: 'reported', exitCode: EXIT.infrastructure };
  if (exitCode === 0 && summary?.exitCodeHint !== EXIT.failed) return { kind: 'reported', exitCode: EXIT.passed };
  const complaints = summary === null ? [errors] : summary.errors;
  if (complaints.some((text) => WRONG_USAGE.some((sentence) => sentence.test(text)))) return { kind: 'wrong-usage' };
  // Without a failed scenario: by a rule of Playwright's own, such as --fail-on-flaky-tests.
  if (summary !== null && (exitCode === 0 || exitCode === 1)) return { kind: 'reported', exitCode: EXIT.failed };
  return { kind: 'did-not-run', exitCode };
}

/** The exit code and, where Playwright's own words are not enough, a sentence. */
export function wordOutcome(outcome: Outcome): { exitCode: number; words: string | null } {
  switch (outcome.kind) {
    case 'reported':
      return { exitCode: outcome.exitCode, words: null };
    case 'interrupted':
      return { exitCode: outcome.signal === 'SIGTERM' ? 143 : 130, words: null };
    case 'wrong-usage':
      return {
        exitCode: EXIT.usage,
        words: 'Nothing ran: see the message above. "guestwright run --help" has examples.',
      };
    case 'did-not-run':
      return {
        exitCode: EXIT.infrastructure,
        words: `Playwright could not run the scenarios (${
          outcome.exitCode === null ? 'it was killed' : `it ended with code ${outcome.exitCode}`
        }): see its message above. "guestwright doctor" checks the installation.`,
      };
  }
}
