/**
 * The one union of failures. Playwright's reporters only ever get text, so a failure also travels as an annotation;
 * everything here is therefore plain data.
 */

/**
 * What kind of thing went wrong, from the least to the most causal:
 * - `assertion`: what was asserted did not happen;
 * - `guest`: the guest crashed, froze or powered off;
 * - `infrastructure`: the host, an engine or a tool failed;
 * - `usage`: the caller used the API or the command line wrongly;
 * - `unstable`: passed only on a retry.
 */
export type FailureKind = 'assertion' | 'guest' | 'infrastructure' | 'usage' | 'unstable';

/** A failure as plain data: every message is made of these fields. */
export interface Failure {
  kind: FailureKind;
  /** Stable and machine-readable, for example `firmware-missing`. */
  code: string;
  /** What was expected, in one line. */
  expected?: string;
  /** What was seen instead; may have several lines. */
  seen?: string;
  /** What to do next: a command or an action. */
  next?: string;
}

/** Every error that Guestwright throws on purpose. `message` is worded from the failure's fields. */
export class GuestwrightError extends Error {
  override readonly name = 'GuestwrightError';
  readonly failure: Failure;

  /**
   * @param summary one sentence naming the subject, for example `No BIOS image was found`
   */
  constructor(summary: string, failure: Failure, options?: { cause?: unknown }) {
    super(wordFailure(summary, failure), options);
    this.failure = failure;
  }

  /** Makes the error again that crossed from a worker as plain data. */
  static revive(message: string, failure: Failure): GuestwrightError {
    const error = new GuestwrightError('', failure);
    error.message = message;
    return error;
  }

  get kind(): FailureKind {
    return this.failure.kind;
  }

  get code(): string {
    return this.failure.code;
  }
}

/** Puts a failure into words: the summary, then labelled lines for what is known. */
function wordFailure(summary: string, { expected, seen, next }: Failure): string {
  const lines = [summary];
  if (expected !== undefined) lines.push(`  expected: ${indent(expected)}`);
  if (seen !== undefined) lines.push(`  seen:     ${indent(seen)}`);
  if (next !== undefined) lines.push(`  next:     ${indent(next)}`);
  return lines.join('\n');
}

function indent(text: string): string {
  return text.replaceAll('\n', '\n            ');
}
