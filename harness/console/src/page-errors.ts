/** What can go wrong with a run in the page, and what to do about it. */
import { GuestwrightError, type Failure } from '../../../sdk/errors.js';

/** What crosses from the worker to the page. */
export interface PlainError {
  message: string;
  /** Null: a fault of the page's own, or of the browser's. */
  failure: Failure | null;
}

const ANOTHER = 'open the file that the report of the failed test names (*.guestwright.zip)';

export function runNotBeside(status: number): GuestwrightError {
  return new GuestwrightError('There is no run beside this page', {
    kind: 'usage',
    code: 'run-missing',
    expected: 'run.zip in the folder of the page',
    seen: `the web server answers ${status}`,
    next: 'npx guestwright show <run> -o <folder> writes both; or open the file of a run here',
  });
}

export function serverGone(cause: unknown): GuestwrightError {
  return new GuestwrightError('The run beside this page cannot be loaded', {
    kind: 'infrastructure',
    code: 'run-unreachable',
    seen: wordCause(cause),
    next: 'if `guestwright show` has ended, start it again and open its new address; or open the file of a run here',
  });
}

export function notARun(seen: string): GuestwrightError {
  return new GuestwrightError("This is no run of Guestwright's", {
    kind: 'usage',
    code: 'run-invalid',
    expected: 'the file that a failed test leaves, whole',
    seen,
    next: `if it was copied or downloaded, do so again (a part of it may be missing); else ${ANOTHER}`,
  });
}

/** Of a part that is there, but is not what the file says. */
export function partDamaged(part: string, cause: unknown): GuestwrightError {
  return new GuestwrightError('The file of this run is damaged', {
    kind: 'usage',
    code: 'run-damaged',
    seen: `${part}: ${wordCause(cause)}`,
    next: 'copy or download it again; if it stays so, run the test again, which leaves a new one',
  });
}

/** @param made the version of Guestwright that wrote it, null where that cannot be read either */
export function runUnreadable(made: string | null, seen: string): GuestwrightError {
  return new GuestwrightError('This run cannot be read', {
    kind: 'usage',
    code: 'run-unreadable',
    seen: made === null ? seen : `a run of Guestwright ${made}; ${seen}`,
    next:
      made === null
        ? 'it is damaged: copy or download it again'
        : `open it with the Guestwright that wrote it: npx guestwright@${made} show <run>`,
  });
}

export function runTooLarge(bytes: number, most: number): GuestwrightError {
  return new GuestwrightError('This run is too large for the page', {
    kind: 'usage',
    code: 'run-too-large',
    expected: `${wordMegabytes(most)} at most, unpacked`,
    seen: wordMegabytes(bytes),
    next: 'run the scenario with less memory or smaller images; what the test attached is in its report all the same',
  });
}

export function partTooLarge(part: string, bytes: number, cause: unknown): GuestwrightError {
  return new GuestwrightError('The browser has no memory for this machine', {
    kind: 'infrastructure',
    code: 'run-memory',
    seen: `${part}, ${wordMegabytes(bytes)}: ${wordCause(cause)}`,
    next: 'close other pages and load this one again; the run can be looked at without its machine',
  });
}

export function cannotResume(why: string): GuestwrightError {
  return new GuestwrightError('This run can be looked at, but its machine cannot go on', {
    kind: 'usage',
    code: 'run-without-state',
    seen: why,
    next: 'run the test again: a file that it leaves on this version of Guestwright has all that is needed',
  });
}

/** @param what for people, for example `the floppy` */
export function imageMissing(what: string, digest: string | undefined): GuestwrightError {
  return new GuestwrightError(`An image that the machine needs is not in this run: ${what}`, {
    kind: 'usage',
    code: 'run-image-missing',
    expected: digest === undefined ? 'its digest in run.json' : `media/${digest}`,
    seen: 'a file without it, or with another size',
    next: 'the file was changed after it was written: take the one that the test left, or run the test again',
  });
}

export function workerFailed(message: string): GuestwrightError {
  return new GuestwrightError("The machine's worker failed", {
    kind: 'infrastructure',
    code: 'worker-failed',
    seen: message === '' ? 'no reason given; its script may be missing, or its memory too small' : message,
    next: 'load the page again; if it stays so, write it anew (npx guestwright show <run> -o <folder>), with all of its assets',
  });
}

export function plainError(error: unknown): PlainError {
  return { message: wordCause(error), failure: error instanceof GuestwrightError ? error.failure : null };
}

export function revive({ message, failure }: PlainError): Error {
  return failure === null ? new Error(message) : GuestwrightError.revive(message, failure);
}

export function wordCause(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function wordMegabytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MB`;
}
