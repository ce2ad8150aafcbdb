import { expect, test } from 'vitest';
import { fuzz, renderedShare } from './counter-fuzz.test.helper.js';

test('in 10,000 random trials every way to count gives what pixelmatch counts', () => {
  const tally = fuzz(20_261_125, 10_000, null);
  expect(renderedShare(tally)).toBeGreaterThan(1 / 3);
  expect(tally.differing).toBeGreaterThan(5_000);
});
