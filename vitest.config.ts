import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take longest go first, so that the last ones to end are short: a fresh clone knows no earlier times. */
const LONGEST = [
  'harness/e2e/goldens',
  'harness/e2e/verify',
  'v86/core/exactness',
  'harness/e2e/',
  'sdk/machine/',
  'conformance',
  'sdk/images/',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const place = LONGEST.findIndex((part) => moduleId.includes(part));
      return place < 0 ? LONGEST.length : place;
    };
    return [...files].sort((a, b) => rank(a) - rank(b));
  }
}

// The compiled tests run, beside the compiled code: what is tested is what users run, workers included.
export default defineConfig({
  test: {
    include: ['dist/**/*.test.js'],
    exclude: ['dist/**/*.full.test.js'],
    sequence: { sequencer: LongestFirst },
    // What is tested runs; tests of memoisation say so.
    env: { GUESTWRIGHT_MEMOISE: 'off' },
    testTimeout: 300_000,
    hookTimeout: 600_000,
    pool: 'forks',
    poolOptions: { forks: { maxForks: 2 } },
  },
});
