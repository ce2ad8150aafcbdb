/** Scenarios that pass only on a retry, as whoever runs them reads of it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeProject, noted, type Project, type RunResult } from './project.js';
import { echoingGuest } from './tiny-guests.js';

const SCENARIO = `
import { expect, test } from 'guestwright';
test.use({ machineSpec: { floppy: 'echo.img' } });
test('another key', async ({ machine }, { retry }) => {
  await expect(machine.screen).toShowText('READY');
  await machine.keyboard.type(retry === 0 ? 'xy' : 'qy');
  await expect(machine.screen).toShowText('qy', { timeout: 1_000 });
});
test('another time', async ({ machine }, { retry }) => {
  await expect(machine.screen).toShowText('READY');
  await machine.clock.advance(retry === 0 ? 250 : 120);
  await machine.keyboard.type(['hunt', 'er2'].join(''), { secret: true });
  expect(retry).toBe(1);
});
`;

let project: Project;
let result: RunResult;
beforeAll(async () => {
  project = await makeProject({ 'scenarios/unstable.spec.ts': SCENARIO, 'echo.img': echoingGuest() });
  result = await project.run('--retries=1');
});
afterAll(async () => await project[Symbol.asyncDispose]());

const partingOf = (title: string): string | undefined =>
  result.summary?.failures.find((failed) => failed.title.endsWith(`› ${title}`))?.parting;

test('it is counted as unstable, and the first input at which the attempts part is named with both guest times', () => {
  expect(result.exitCode, result.output).toBe(0);
  expect(result.summary?.counts).toMatchObject({ passed: 0, failed: { unstable: 2, assertion: 0 } });
  expect(partingOf('another key')).toMatch(
    /^the attempts part in the step "Type "xy"": expected key KeyQ pressed at (\d+\.\d\d) s, seen key KeyX pressed at \1 s$/,
  );
  const failure = noted(result, 'another key');
  expect(failure).toMatchObject({ kind: 'unstable', expected: 'the same outcome each time' });
  expect(failure.seen).toContain('the attempts part in the step "Type "xy""');
});

test('a step that ended at another guest time is where they part; no secret is said', () => {
  const parting = partingOf('another time');
  const [, expected, seen] = /expected .* at (\d+\.\d\d) s, seen .* at (\d+\.\d\d) s$/.exec(parting ?? '') ?? [];
  expect(parting).toContain('the attempts part in the step');
  expect(Number(seen) - Number(expected)).toBeCloseTo(0.13);
  // This guest shows what was typed, and so do pictures of its screen.
  expect(JSON.stringify(result.summary)).not.toContain('hunter2');
});
