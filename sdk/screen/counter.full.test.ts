import { expect, test } from 'vitest';
import { fuzz, renderedShare } from './counter-fuzz.test.helper.js';

/** Ten times a thousand. */
const SEEDS = Array.from({ length: 10 }, (_, seed) => seed + 100);

test.each(SEEDS)(
  'in a thousand random trials of seed %d every way to count gives what pixelmatch counts',
  async (seed) => {
    // Vitest hears that all is well only when the process is idle for a moment.
    await new Promise((resolve) => setImmediate(resolve));
    const tally = fuzz(seed, 1_000, null);
    expect(renderedShare(tally)).toBeGreaterThan(1 / 3);
    expect(tally.differing).toBeGreaterThan(500);
  },
);
