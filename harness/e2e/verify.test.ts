import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeProject, type Project } from './project.js';
import { echoingGuest } from './tiny-guests.js';

const MAIN = fileURLToPath(new URL('../cli/main.js', import.meta.url));

const SCENARIO = `
import { expect, test } from 'guestwright';
test.use({ machineSpec: { floppy: 'guest.img' } });
test('types', async ({ machine }) => {
  await expect(machine.screen).toShowText('READY');
  await machine.keyboard.type('one');
  await machine.clock.advance(1000);
  const before = await machine.snapshot('one');
  await machine.keyboard.type('two');
  await machine.revert(before);
  await machine.keyboard.type('three');
  await machine.clock.advance(1500);
  await expect(machine.screen).toShowText('onethree');
});
`;

let project: Project;
beforeAll(async () => {
  project = await makeProject({ 'guest.img': echoingGuest(), 'scenarios/types.spec.ts': SCENARIO });
});
afterAll(async () => await project[Symbol.asyncDispose]());

async function guestwright(cwd: string, args: string[], env: Record<string, string> = {}) {
  const { exitCode, all } = await execa(process.execPath, [MAIN, ...args], {
    cwd,
    reject: false,
    all: true,
    stdin: 'ignore',
    env: { FORCE_COLOR: '0', ...env },
  });
  return { exitCode, output: all };
}

test('a scenario is the same in every run, the last of which goes on from half-way in another process', async () => {
  const before = await readdir(tmpdir());
  // With other load on the host: verify.full.test.ts, for it would slow down whatever is tested beside.
  const args = ['verify', 'scenarios/types.spec.ts', '--runs', '3', '--no-load', '--no-memoise'];
  const { exitCode, output } = await guestwright(project.folder, args, { GUESTWRIGHT_MEMOISE: 'on' });
  expect(output).not.toContain('memoised run');
  expect(output).toContain('3 of 3 runs are the same after every step.');
  expect(exitCode).toBe(0);
  expect(output).toMatch(/run 2: storing a snapshot half-way/);
  // Nine steps in all; the replay has those after half-way.
  expect(output.match(/same after each of 9 steps/g)).toHaveLength(1);
  expect(output).toMatch(/another process goes on from half-way …\n {2}same after each of [1-8] steps/);
  const left = (await readdir(tmpdir())).filter(
    (name) => name.startsWith('guestwright-verify') && !before.includes(name),
  );
  expect(left).toEqual([]);
});

test('made to differ on purpose, the first step that does is named, and what of the state', async () => {
  const { exitCode, output } = await guestwright(
    project.folder,
    ['verify', 'scenarios/types.spec.ts', '--runs', '3', '--no-load'],
    { GUESTWRIGHT_FAULT: 'host-clock' },
  );
  expect(output).toMatch(
    /DIFFERENT: .*types.*\n {4}step 1 "Expect .*READY.*" is the first that differs.*what differs: .*devices/,
  );
  expect(output).toContain('The runs are not the same');
  expect(exitCode).toBe(1);
});

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

test('a scenario that fails has nothing to be held against', async () => {
  await project.write('scenarios/fails.spec.ts', SCENARIO.replace('onethree', 'nothing of the kind'));
  const { exitCode, output } = await guestwright(project.folder, ['verify', 'scenarios/fails.spec.ts', '--runs', '2']);
  expect(output).toContain('There is nothing to hold the runs against');
  expect(exitCode).toBe(1);
});

test('a number of runs that proves nothing is a usage error', async () => {
  const { exitCode, output } = await guestwright(project.folder, ['verify', 'scenarios/types.spec.ts', '--runs', '1']);
  expect(output).toContain('A whole number, 2 or more');
  expect(exitCode).toBe(2);
});
