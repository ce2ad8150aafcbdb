/** What scenarios make up is the same in every run, on every worker, until another seed is asked for. */
import { expect, test } from 'vitest';
import { UserFolder } from './command-line.js';

const SCENARIO = `
import { test } from 'guestwright';
test.afterEach(async ({}, testInfo) => {
  for (const { type, description } of testInfo.annotations) console.log(testInfo.title, type, description);
});
test('one', async ({ random }) => console.log('one', random.text(8), random.int(1, 1e6)));
test.describe('set', () => {
  test.use({ randomSeed: 7 });
  test('two', async ({ random }) => console.log('two', random.text(8), random.int(1, 1e6)));
});
`;

test('the same again, and something else with --seed', async () => {
  await using user = await UserFolder.installed({
    'playwright.config.ts': `import { defineConfig } from 'guestwright'; export default defineConfig({ reporter: 'line' });`,
    'scenarios/random.spec.ts': SCENARIO,
  });
  const said = async (...args: string[]): Promise<string[]> => {
    const { stdout, exitCode } = await user.run(['run', ...args]);
    expect(exitCode, stdout).toBe(0);
    return stdout
      .split('\n')
      .filter((line) => /^(one|two) /.test(line))
      .sort();
  };
  const first = await said();
  expect(first).toHaveLength(4);
  expect(first).toContain('two random seed 7 (again: --seed 7)');
  expect(await said('--workers=1')).toEqual(first);
  const seeded = await said('--seed', '7');
  expect(seeded).toContain('one random seed 7 (again: --seed 7)');
  const [one, two] = seeded.filter((line) => !line.includes('seed')).map((line) => line.slice(4));
  expect(one).toBe(two);
  expect(first).toContain(`two ${two ?? ''}`);
});
