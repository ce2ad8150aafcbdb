/** What takes more runs of Playwright than `golden-files.full.test.ts`, whose parts are tested beside the code as well. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeProject, said, type Project } from './project.js';
import { idlingGuest } from './tiny-guests.js';

const SCENARIO = `
import { expect, test } from 'guestwright';
test.use({ machineSpec: { floppy: 'guest.img' } });
test('plain', async ({ machine }) => {
  await expect(machine.screen).toShowText(/RE.DY/);
  await expect(machine.screen).toMatchGolden('whole_screen');
  await expect(machine.screen).toMatchGolden({ timeout: 1_000 });
});
test('shorter', async ({ machine }) => {
  await expect(machine.screen).toShowText(/RE.*DY/);
  await expect(machine.screen).toMatchGolden('shorter', { mask: [machine.screen.getByText(/RE.*DY/)], timeout: 1_000 });
});
`;

let project: Project;
beforeAll(async () => {
  project = await makeProject({ 'scenarios/golden.spec.ts': SCENARIO, 'guest.img': idlingGuest('READY') });
  await project.run('--update-snapshots=missing');
});
afterAll(async () => await project[Symbol.asyncDispose]());

const golden = (name: string) => join(project.folder, 'golden-screens', 'tiny', 'golden', name);

test('goldens with a text mask match also where the golden holds a longer text', async () => {
  await project.write('guest.img', idlingGuest('READDDDDY'));
  await project.remove('golden-screens/tiny/golden/shorter.png');
  await project.run('-g', 'shorter', '--update-snapshots=missing');
  expect(await project.read('golden-screens/tiny/golden/shorter.txt')).toMatch(/^READDDDDY$/m);
  await project.write('guest.img', idlingGuest('REEDY'));
  expect(await project.run('-g', 'shorter')).toMatchObject({ exitCode: 0 });
});

test('goldens of one name are alternatives: any may match, the nearest is explained and rewritten', async () => {
  const [plain, variant] = [golden('whole-screen'), golden('whole-screen@other')];
  for (const ending of ['.png', '.txt']) await copyFile(`${plain}${ending}`, `${variant}${ending}`);
  await project.write('guest.img', idlingGuest('REDDY'));
  await project.run('-g', 'plain', '-u');
  // Of two that are as near, the plain one.
  expect(await project.read('golden-screens/tiny/golden/whole-screen.txt')).toMatch(/^REDDY$/m);
  await project.write('guest.img', idlingGuest('READY'));
  const other = said(await project.run('-g', 'plain'), 'plain');
  expect(other).toContain('does not match the golden golden-screens/tiny/golden/plain-1.png');
  expect(other).not.toContain('whole-screen.png');
  await project.write('guest.img', idlingGuest('READY!'));
  const words = said(await project.run('-g', 'plain'), 'plain');
  expect(words).toContain(
    'The screen of tiny matches none of the 2 goldens of golden-screens/tiny/golden/whole-screen.png',
  );
  expect(words).toMatch(/the nearest is whole-screen@other\.png\n +\d+ pixels differ/);
  expect(words).toMatch(/further off: whole-screen\.png, \d+ pixels differ/);
});
