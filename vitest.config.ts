import { defineConfig } from 'vitest/config';

// The compiled tests run, beside the compiled code: what is tested is what users run, workers included.
export default defineConfig({
  test: {
    include: ['dist/**/*.test.js'],
    exclude: ['dist/**/*.full.test.js'],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    pool: 'forks',
    poolOptions: { forks: { maxForks: 2 } },
  },
});
