/** The conformance suite's assertions, as vitest's. */
import { expect } from 'vitest';
import { GuestwrightError } from '../../errors.js';
import type { Expect } from './suite.js';

export const assertions: Expect = {
  equal: (seen, expected, what) => expect(seen, what).toEqual(expected),
  fails: async (work, code) => {
    const error: unknown = await work.then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(GuestwrightError);
    expect((error as GuestwrightError).code).toBe(code);
  },
};
