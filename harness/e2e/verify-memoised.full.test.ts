/** `guestwright verify` and the store: memoised runs are held against those that run everything. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeProject, type Project } from './project.js';
import { echoingGuest } from './tiny-guests.js';
import { guestwright, SCENARIO } from './verifying.js';

let project: Project;
beforeAll(async () => {
  project = await makeProject({ 'guest.img': echoingGuest(), 'scenarios/types.spec.ts': SCENARIO });
});
afterAll(async () => await project[Symbol.asyncDispose]());

/** What was said about each of the memoised runs. */
const memoisedRuns = (output: string): string[] => output.split(/^memoised run \d: .* …$/m).slice(1);
const ranIn = (words = ''): number => Number(/ran ([\d.]+) s: /.exec(words)?.[1]);

test('memoised runs are the same: one starts the engine in the middle for what is new, the last not at all', async () => {
  const args = ['verify', 'scenarios/types.spec.ts', '--runs', '2'];
  const { exitCode, output } = await guestwright(project.folder, args, { GUESTWRIGHT_MEMOISE: 'on' });
  expect(output).toContain('3 of 3 memoised runs are, too.');
  expect(exitCode).toBe(0);
  const [filling, asking, answered, ...more] = memoisedRuns(output);
  expect(more).toEqual([]);
  expect(filling).toMatch(/same after each of 9 steps, the engine was started once and ran/);
  expect(asking).toMatch(/same after each of 9 steps, the engine was started/);
  expect(ranIn(asking)).toBeGreaterThan(0);
  expect(ranIn(asking)).toBeLessThan(ranIn(filling));
  expect(answered).toMatch(/same after each of 9 steps, no engine was started: .*types/);
});

test('a store that says something else than the guest is found out', async () => {
  const exchange = new URL('./exchanged-hashes.js', import.meta.url).href;
  await project.write(
    'scenarios/exchanged.spec.ts',
    `${SCENARIO}
test.beforeEach(async () => {
  const plan = process.env.GUESTWRIGHT_VERIFY_MEMOISE;
  if (plan === undefined) return;
  const { exchangeHashes } = await import(${JSON.stringify(exchange)});
  await exchangeHashes(JSON.parse(plan).store);
});
`,
  );
  const args = ['verify', 'scenarios/exchanged.spec.ts', '--runs', '2'];
  const { exitCode, output } = await guestwright(project.folder, args, { GUESTWRIGHT_MEMOISE: 'on' });
  // What comes after is not asked of such a store.
  const [filling, asking, ...more] = memoisedRuns(output);
  expect(more).toEqual([]);
  expect(filling).toContain('same after each of 9 steps');
  expect(asking).toMatch(/DIFFERENT: .*types.*\n {4}step 1 "Expect .*READY.*" is the first that differs.*: memory/);
  expect(output).toContain('The runs are not the same');
  expect(exitCode).toBe(1);
});
