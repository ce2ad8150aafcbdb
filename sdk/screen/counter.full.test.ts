import { expect, test } from 'vitest';
import { fuzz, renderedShare } from './counter-fuzz.test.helper.js';

/** Ten times a thousand: between two tests vitest hears that all is well. */
const SEEDS = Array.from({ length: 10 }, (_, seed) => seed + 100);

test.each(SEEDS)('in a thousand random trials of seed %d every way to count gives what pixelmatch counts', (seed) => {
  const tally = fuzz(seed, 1_000, null);
  expect(renderedShare(tally)).toBeGreaterThan(1 / 3);
  expect(tally.differing).toBeGreaterThan(500);
});
