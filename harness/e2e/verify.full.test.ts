/** The scenarios of the embedded engine, once each as they are, stored, under load, and from half-way in another process; and three times with a store. */
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const MAIN = fileURLToPath(new URL('../cli/main.js', import.meta.url));
/** Those of `playwright.config.ts`: the others are for guests that the bit-exact engine does not run. */
const SCENARIOS = ['graphic-mode.spec.ts', 'grub-rescue.spec.ts', 'install-linux.spec.ts', 'linux-console.spec.ts'];

const RUNS = 4;

test.each(SCENARIOS)('%s is the same in all its runs', async (scenario) => {
  const { exitCode, all } = await execa(
    process.execPath,
    [MAIN, 'verify', `scenarios/${scenario}`, '--runs', String(RUNS), '--project', '*-v86'],
    {
      cwd: ROOT,
      reject: false,
      all: true,
      stdin: 'ignore',
      env: { FORCE_COLOR: '0', GUESTWRIGHT_MEMOISE: 'on' },
    },
  );
  expect(all).toContain(`${RUNS} of ${RUNS} runs are the same after every step.`);
  expect(all).toMatch(/run 3: passed in .* beside \d+ busy threads/);
  expect(all).toContain('3 of 3 memoised runs are, too.');
  expect(all).toMatch(/same after each of \d+ steps, no engine was started/);
  expect(exitCode).toBe(0);
});
