import { defineConfig } from 'vitest/config';
import { longestFirst } from './vitest.longest-first.js';

const LONGEST = [
  'harness/e2e/verify.full',
  'sdk/images/reproducible',
  'interrupted-install',
  'server/host/killed.full',
  'v86/core/exactness',
  'qemu/virtual-clock',
  'harness/e2e/compare',
];

// What takes long: many repetitions, kills, fuzzing. `npm run test:full`.
export default defineConfig({
  test: {
    include: ['dist/**/*.full.test.js'],
    // Vitest leaves dist out unless told otherwise.
    exclude: ['**/node_modules/**'],
    sequence: { sequencer: longestFirst(LONGEST) },
    env: { GUESTWRIGHT_MEMOISE: 'off' },
    testTimeout: 1_800_000,
    hookTimeout: 1_800_000,
    pool: 'forks',
    poolOptions: { forks: { maxForks: 2 } },
  },
});
