/** `guestwright compare` on guests of one boot sector. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeProject, type Project } from './project.js';
import { echoingGuest } from './tiny-guests.js';
import { guestwright } from './verifying.js';

const SCENARIO = `
import { expect, test } from 'guestwright';
test.use({ machineSpec: { memory: 8, floppy: 'guest.img' } });
test('types', async ({ machine }) => {
  await expect(machine.screen).toShowText(/READY|ready/);
  await machine.keyboard.type('once');
  await expect(machine.screen).toShowText('once');
});
`;
const STRICT = SCENARIO.replace('/READY|ready/', "'READY'").replace("test('types'", "test('is strict'");

const FORKS = SCENARIO.replace("test('types'", "test('forks'").replace(
  /^}\);/m,
  `  const fork = await (await machine.snapshot()).fork();
  await fork.keyboard.type('twice');
});`,
);
/** Were every repetition compared, each would write over the one before it. */
const CONFIG = `
import { defineConfig, defineGuests } from 'guestwright';
export default defineConfig({
  workers: 1,
  repeatEach: 2,
  projects: defineGuests({ guests: { tiny: { spec: { memory: 8 } } } }),
});
`;

let project: Project;
beforeAll(async () => {
  project = await makeProject({
    'playwright.config.ts': CONFIG,
    'scenarios/forks.spec.ts': FORKS,
    'guest.img': echoingGuest(),
    'old.img': echoingGuest('READY 1'),
    'same.img': echoingGuest('READY 1'),
    'new.img': echoingGuest('READY <2>'),
    'other.img': echoingGuest('ready'),
    'scenarios/types.spec.ts': SCENARIO,
    'scenarios/strict.spec.ts': STRICT,
    'kept/mine.txt': 'mine',
  });
});
afterAll(async () => await project[Symbol.asyncDispose]());

const compare = async (...args: string[]) => await guestwright(project.folder, ['compare', ...args], {});

test('what differs is named step by step and shown side by side; what was accepted for the image is no difference any more', async () => {
  const same = await compare('old.img', 'same.img', 'scenarios/types.spec.ts');
  expect(same.output).toContain('The machine does the same on both images.');
  expect(same.output).toContain('Running 1 test ');
  expect(same.exitCode).toBe(0);

  const other = await compare('old.img', 'new.img', 'scenarios/types.spec.ts');
  expect(other.exitCode, other.output).toBe(1);
  expect(other.output).toMatch(
    /^1\. types › tiny › Expect the text .*: screen text, row \d+: expected "READY 1", seen "READY <2>"$/m,
  );
  expect(other.output).not.toContain('guest time:');
  const report = join(project.folder, 'reports', 'compare');
  const page = await readFile(join(report, 'index.html'), 'utf8');
  expect(page).toContain('READY &lt;2&gt;');
  expect(page).not.toContain('READY <2>');
  const shown = [...page.matchAll(/src="screens\/([^"]+)"/g)].map(([, name]) => name ?? '');
  expect(shown.length).toBeGreaterThan(4);
  expect(await readdir(join(report, 'screens'))).toEqual(expect.arrayContaining(shown));
  expect((await readdir(join(project.folder, 'reports'))).filter((name) => name.includes('new-'))).toEqual([]);

  expect((await compare('--accept', '99')).output).toContain('There is no difference 99 in the last report');
  expect(other.output).not.toMatch(/^2\. /m);
  expect((await compare('--accept', '1')).output).toContain('accepted: 1. types');
  const accepted = await compare('old.img', 'new.img', 'scenarios/types.spec.ts');
  expect(accepted.output).toContain('or what was accepted (');
  expect(accepted.exitCode).toBe(0);
  // For that image alone.
  expect((await compare('old.img', 'other.img', 'scenarios/types.spec.ts')).exitCode).toBe(1);
  // What was accepted and is gone is said.
  await project.write('new.img', echoingGuest('READY 1'));
  const gone = await compare('old.img', 'new.img', 'scenarios/types.spec.ts');
  expect(gone.output).toContain('Accepted, and not seen any more: types › Expect the text');
  expect(gone.exitCode).toBe(0);
});

test('forks are compared, too', async () => {
  const same = await compare('old.img', 'same.img', 'scenarios/forks.spec.ts');
  expect(same.output).toContain('All 2 machines do the same on both images.');
  const other = await compare('old.img', 'other.img', 'scenarios/forks.spec.ts');
  expect(other.output).toMatch(/^\d+\. forks › tiny-fork-1 › .*screen text.*seen "ready/m);
  expect(other.output).not.toMatch(/tiny-fork-1.*serial/);
});

test('where the scenario fails on one image alone that is a difference', async () => {
  const { output, exitCode } = await compare('old.img', 'other.img', 'scenarios/strict.spec.ts');
  expect(exitCode).toBe(1);
  expect(output).toMatch(
    /Expect the text "READY": outcome: expected passed, seen "not in time: waited \d+\.\d\d s for the text \\"READY\\"/,
  );
  const both = await compare('other.img', 'other.img', 'scenarios/strict.spec.ts');
  expect(both.exitCode).toBe(1);
  expect(both.output).toContain('fails on both images');
});

test('wrong use is said before anything runs, and nothing that is not a report is replaced', async () => {
  const wrong = async (...args: string[]) => {
    const { output, exitCode } = await compare(...args);
    expect(exitCode, output).toBe(2);
    // Whether there is a place for an image the scenario has to say.
    if (!args.includes('cdrom')) expect(output).not.toContain('on old.img');
    return output;
  };
  expect(await wrong('old.img', 'new.img')).toContain('Two images and a scenario are needed');
  expect(await wrong('old.img', 'missing.img', 'scenarios/types.spec.ts')).toContain('There is no file missing.img');
  expect(await wrong('old.img', 'new.img', 'scenarios/types.spec.ts', '--ignore', '(')).toContain('--ignore');
  expect(await wrong('--accept', 'all', '-o', 'nowhere')).toContain('There is no comparison to accept from');
  expect(await wrong('old.img', 'new.img', 'scenarios/types.spec.ts', '--drive', 'cdrom')).toContain(
    'has a place for old.img',
  );
  expect(await wrong('old.img', 'new.img', 'scenarios/types.spec.ts', '-o', 'kept')).toContain(
    'no report of a comparison',
  );
  expect(await project.read('kept/mine.txt')).toBe('mine');
});
