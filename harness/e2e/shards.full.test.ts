/** `guestwright run --shard`: which tests each shard has, as Playwright lists them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PACKAGE, UserFolder } from './command-line.js';

/** Linked, not installed, the package is compiled by Playwright once more: once for all tests is enough. */
const COMPILED = { PLAYWRIGHT_TRANSFORM_CACHE_DIR: join(PACKAGE, 'node_modules/.cache/playwright-transform') };

const CONFIG = `
import { defineConfig } from 'guestwright';
export default defineConfig({
  projects: [
    { name: 'make', testMatch: 'make.spec.ts' },
    { name: 'made', testMatch: 'made.spec.ts', dependencies: ['make'] },
    { name: 'plain', testMatch: /(install|menu|short)\\.spec\\.ts/ },
    { name: 'parallel', testMatch: 'parallel.spec.ts', fullyParallel: true },
  ],
});
`;

const file = (...titles: string[]) =>
  `import { test } from 'guestwright';\n${titles.map((title) => `test('${title}', () => {});`).join('\n')}\n`;

const FILES = {
  'playwright.config.ts': CONFIG,
  'scenarios/make.spec.ts': file('makes'),
  'scenarios/made.spec.ts': file('goes on'),
  'scenarios/install.spec.ts': file('installs'),
  'scenarios/menu.spec.ts': file('menu one', 'menu two'),
  'scenarios/short.spec.ts': file('short one', 'short two', 'short three'),
  'scenarios/parallel.spec.ts': `
    import { test } from 'guestwright';
    test('alone one', () => {});
    test('alone two', () => {});
    test.describe.serial('row', () => { test('first', () => {}); test('second', () => {}); });
  `,
};

const DURATIONS = {
  'make › make.spec.ts › makes': 600,
  'made › made.spec.ts › goes on': 60,
  'plain › install.spec.ts › installs': 2400,
  'plain › menu.spec.ts › menu one': 5,
  'plain › menu.spec.ts › menu two': 5,
  'parallel › parallel.spec.ts › alone one': 800,
  'parallel › parallel.spec.ts › row › first': 20,
};
const durations = (seconds: Record<string, number>) => JSON.stringify({ version: 1, seconds });

async function listed(folder: UserFolder, shard: string): Promise<{ titles: string[]; said: string }> {
  const { exitCode, stdout, stderr } = await folder.run(['run', '--list', '--shard', shard], COMPILED);
  expect(exitCode, stderr).toBe(0);
  const titles = [...stdout.matchAll(/^ +\[.*› (.*)$/gm)].map(([, title = '']) => title.trim());
  return { titles, said: stderr };
}

test('the long test has a shard of its own, what belongs together stays so, and a dependency is where it is needed', async () => {
  await using folder = await UserFolder.installed({ ...FILES, 'durations.json': durations(DURATIONS) });
  const first = await listed(folder, '1/2');
  const second = await listed(folder, '2/2');
  expect(first.titles).toEqual(['installs']);
  // 600 and 60 of the dependency and what needs it; 65 counts what is not known.
  expect(first.said).toMatch(
    /^Shard 1 of 2: 1 of 11 tests, about 40 min of \d+ min; 5 without a known duration, counted/m,
  );
  expect(second.titles).toEqual(expect.arrayContaining(['makes', 'goes on', 'menu one', 'menu two']));
  expect(new Set(second.titles).size).toBe(11);
});

test('without durations every test counts the same, and nothing is lost or there twice but what others depend on', async () => {
  await using folder = await UserFolder.installed(FILES);
  const shards = [];
  for (const shard of ['1/2', '2/2']) shards.push(await listed(folder, shard));
  const all = shards.flatMap(({ titles }) => titles.filter((title) => title !== 'makes'));
  expect(all).toHaveLength(11);
  expect(new Set(all).size).toBe(11);
  for (const group of [
    ['menu one', 'menu two'],
    ['short one', 'short two', 'short three'],
    ['makes', 'goes on'],
    ['first', 'second'],
  ]) {
    const holding = shards.filter(({ titles }) => group.some((title) => titles.includes(title)));
    expect(holding).toHaveLength(1);
    expect(holding[0]?.titles).toEqual(expect.arrayContaining(group));
  }
  expect(shards[0]?.said).toContain('each counts the same: durations.json is not there');
});

test('a file of durations that is none stops the shard: it would run other tests than the rest believe', async () => {
  await using folder = await UserFolder.installed({ ...FILES, 'durations.json': '{"version":1}' });
  const { exitCode, stdout, stderr } = await folder.run(['run', '--shard', '1/2'], COMPILED);
  expect(exitCode).not.toBe(0);
  expect(stdout + stderr).toContain('does not hold durations of tests');
});

test('more shards than tests: one that has none passes', async () => {
  await using folder = await UserFolder.installed({
    'playwright.config.ts': "import { defineConfig } from 'guestwright'; export default defineConfig({});",
    'scenarios/a.spec.ts': file('only'),
  });
  const { exitCode, stderr } = await folder.run(['run', '--shard', '2/2'], COMPILED);
  expect(stderr).toContain('Shard 2 of 2: 0 of 1 tests');
  expect(exitCode).toBe(0);
});

test('a project that splits its tests by itself is left alone, and that is said', async () => {
  await using folder = await UserFolder.installed({
    'own.mjs': `export default class { preprocess({ testRun }) { testRun.skipSharding(); } }`,
    'playwright.config.ts': `
      import { defineConfig } from 'guestwright';
      export default defineConfig({ reporter: [['list'], ['./own.mjs']] });
    `,
    'scenarios/a.spec.ts': file('one', 'two'),
    'scenarios/b.spec.ts': file('three'),
  });
  const { stdout, stderr } = await folder.run(['run', '--shard', '1/2'], COMPILED);
  expect(stderr).toContain('Shards: another reporter of this project splits the tests');
  expect(stdout).toContain('3 passed');
});

test('what a run leaves are the times of tests that passed; those that came from the store are not shorter for that', async () => {
  await using folder = await UserFolder.installed({
    'playwright.config.ts': "import { defineConfig } from 'guestwright'; export default defineConfig({ workers: 1 });",
    'durations.json': durations({ 'a.spec.ts › ran': 300, 'a.spec.ts › stored': 300, 'a.spec.ts › fails': 300 }),
    'scenarios/a.spec.ts': `
      import { expect, test } from 'guestwright';
      const memoised = (description) => test.info().annotations.push({ type: 'memoised', description });
      test('ran', () => void memoised('0 of 3 steps from store'));
      test('stored', () => void memoised('3 of 3 steps from store'));
      test('fails', () => expect(1).toBe(2));
    `,
  });
  await folder.run(['run'], COMPILED);
  const left = await readFile(join(folder.path, 'reports/durations.json'), 'utf8');
  const { seconds } = JSON.parse(left) as { seconds: Record<string, number> };
  expect(seconds).toMatchObject({ 'a.spec.ts › fails': 300, 'a.spec.ts › stored': 300 });
  expect(seconds['a.spec.ts › ran']).toBeLessThan(100);
});
