import { defineConfig } from 'vitest/config';
import { longestFirst } from './vitest.longest-first.js';

const LONGEST = [
  'harness/e2e/goldens',
  'harness/e2e/verify',
  'v86/core/exactness',
  'harness/e2e/',
  'sdk/machine/',
  'conformance',
  'sdk/images/',
];

// The compiled tests run, beside the compiled code: what is tested is what users run, workers included.
export default defineConfig({
  test: {
    include: ['dist/**/*.test.js'],
    exclude: ['dist/**/*.full.test.js'],
    sequence: { sequencer: longestFirst(LONGEST) },
    // What is tested runs; tests of memoisation say so.
    env: { GUESTWRIGHT_MEMOISE: 'off' },
    testTimeout: 300_000,
    hookTimeout: 600_000,
    pool: 'forks',
    poolOptions: { forks: { maxForks: 2 } },
  },
});
