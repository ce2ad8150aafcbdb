/** How every command ends: its exit code and the words on the error output. */
import { CommanderError } from 'commander';
import { GuestwrightError, type FailureKind } from '../../sdk/errors.js';

export const EXIT = {
  passed: 0,
  /** A scenario failed: an assertion, the guest, or passed only on a retry. */
  failed: 1,
  usage: 2,
  infrastructure: 3,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const BY_KIND: Record<FailureKind, ExitCode> = {
  assertion: EXIT.failed,
  guest: EXIT.failed,
  unstable: EXIT.failed,
  usage: EXIT.usage,
  infrastructure: EXIT.infrastructure,
};

/** What nobody foresaw counts as infrastructure: a defect of ours must never look like a failed scenario. */
export function exitCodeOf(error: unknown): ExitCode {
  // Commander also ends `--help` and `--version` by throwing.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.passed : EXIT.usage;
  if (error instanceof GuestwrightError) return BY_KIND[error.kind];
  return EXIT.infrastructure;
}

/** The words for an error, or an empty string when they were printed already. */
export function wordError(error: unknown, { debug }: { debug: boolean }): string {
  if (error instanceof CommanderError) return debug && error.exitCode !== 0 ? stackOf(error) : '';
  if (error instanceof GuestwrightError) return debug ? stackOf(error) : error.message;
  return [
    stackOf(error),
    '',
    'This is a defect of Guestwright, not of your scenario. Please report it with the lines above,',
    `the command you ran and the output of "guestwright doctor" (node ${process.version}, ${process.platform}).`,
  ].join('\n');
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const stack = error.stack ?? error.message;
  return error.cause === undefined ? stack : `${stack}\ncaused by: ${stackOf(error.cause)}`;
}
