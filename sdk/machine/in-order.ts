/**
 * Runs jobs one after the other, in the order in which they were given. Calls made at once on one device
 * (`Promise.all([keyboard.type('a'), keyboard.type('b')])`) happen in the order in which they were made, each whole.
 */
export class InOrder {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `job` after all earlier ones, whether those succeeded or not. */
  async run<T>(job: () => Promise<T>): Promise<T> {
    const before = this.#last;
    const mine = (async () => {
      await before;
      return await job();
    })();
    // The next job waits for this one but does not fail because of it: the error is this caller's.
    this.#last = mine.catch(() => undefined);
    return await mine;
  }
}
