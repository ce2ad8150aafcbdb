import { defineConfig } from 'vitest/config';

// The compiled tests run, beside the compiled code: what is tested is what users run, workers included.
export default defineConfig({
  test: {
    include: ['dist/**/*.test.js'],
    exclude: ['dist/**/*.full.test.js'],
    testTimeout: 300_000,
    hookTimeout: 600_000,
    pool: 'forks',
    poolOptions: { forks: { maxForks: 2 } },
  },
});
