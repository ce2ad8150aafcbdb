import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeProject, type Project } from './project.js';
import { echoingGuest } from './tiny-guests.js';
import { guestwright, SCENARIO } from './verifying.js';

let project: Project;
beforeAll(async () => {
  project = await makeProject({ 'guest.img': echoingGuest(), 'scenarios/types.spec.ts': SCENARIO });
});
afterAll(async () => await project[Symbol.asyncDispose]());

test('a scenario is the same in every run, the last of which goes on from half-way in another process', async () => {
  // With other load on the host: verify.full.test.ts, for it would slow down whatever is tested beside.
  const args = ['verify', 'scenarios/types.spec.ts', '--runs', '3', '--no-load', '--no-memoise'];
  // Its own: other tests verify as well.
  const env = { GUESTWRIGHT_MEMOISE: 'on', TMPDIR: project.temporary };
  const { exitCode, output } = await guestwright(project.folder, args, env);
  expect(output).not.toContain('memoised run');
  expect(output).toContain('3 of 3 runs are the same after every step.');
  expect(exitCode).toBe(0);
  expect(output).toMatch(/run 2: storing a snapshot half-way/);
  // Nine steps in all; the replay has those after half-way.
  expect(output.match(/same after each of 9 steps/g)).toHaveLength(1);
  expect(output).toMatch(/another process goes on from half-way …\n {2}same after each of [1-8] steps/);
  const left = (await readdir(project.temporary)).filter((name) => name.startsWith('guestwright'));
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
