/** Every scenario of this repository, five times: as it is, stored, under load, and from half-way in another process. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const MAIN = fileURLToPath(new URL('../cli/main.js', import.meta.url));
const scenarios = readdirSync(new URL('../../../scenarios', import.meta.url)).filter((file) =>
  file.endsWith('.spec.ts'),
);

test('there are scenarios', () => {
  expect(scenarios.length).toBeGreaterThanOrEqual(4);
});

test.each(scenarios)('%s is the same in 5 of 5 runs', async (scenario) => {
  const { exitCode, all } = await execa(process.execPath, [MAIN, 'verify', `scenarios/${scenario}`, '--runs', '5'], {
    cwd: ROOT,
    reject: false,
    all: true,
    stdin: 'ignore',
    env: { FORCE_COLOR: '0' },
  });
  expect(all).toContain('5 of 5 runs are the same after every step.');
  expect(all).toMatch(/run 3: passed in .* beside \d+ busy threads/);
  expect(exitCode).toBe(0);
});
