import { defineConfig } from 'vitest/config';

// What takes long: many repetitions, kills, fuzzing. `npm run test:full`.
export default defineConfig({
  test: {
    include: ['dist/**/*.full.test.js'],
    // Vitest leaves dist out unless told otherwise.
    exclude: ['**/node_modules/**'],
    env: { GUESTWRIGHT_MEMOISE: 'off' },
    testTimeout: 1_800_000,
    hookTimeout: 1_800_000,
    pool: 'forks',
    poolOptions: { forks: { maxForks: 2 } },
  },
});
