/** A part of what a machine does that somebody may call off. What comes of it is thrown away then. */
import { GuestwrightError } from '../../../sdk/errors.js';

export class Cancellable {
  #abort: AbortController | null = null;

  /** @throws GuestwrightError `usage/task-cancelled` when it was called off before it was done */
  async run<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const abort = new AbortController();
    this.#abort = abort;
    try {
      const result = await work(abort.signal);
      abort.signal.throwIfAborted();
      return result;
    } catch (error) {
      throw abort.signal.aborted ? calledOff() : error;
    } finally {
      this.#abort = null;
    }
  }

  /** @returns whether there was something to call off */
  cancel(): boolean {
    if (this.#abort === null) return false;
    this.#abort.abort();
    return true;
  }
}

function calledOff(): GuestwrightError {
  return new GuestwrightError('It was called off', {
    kind: 'usage',
    code: 'task-cancelled',
    seen: 'somebody cancelled the task; everything is as it was before',
  });
}
