/** `guestwright compare` where what fails is no step of a machine. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeProject, type Project } from './project.js';
import { echoingGuest } from './tiny-guests.js';
import { guestwright } from './verifying.js';

let project: Project;
beforeAll(async () => {
  project = await makeProject({
    'guest.img': echoingGuest(),
    'old.img': echoingGuest('READY'),
    'new.img': echoingGuest('READY'),
    'scenarios/once.spec.ts': `
import { existsSync, writeFileSync } from 'node:fs';
import { expect, test } from 'guestwright';
test.use({ machineSpec: { memory: 8, floppy: 'guest.img' } });
test('is ready', async ({ machine }) => await expect(machine.screen).toShowText('READY'));
test('has no machine', () => {
  expect(existsSync('ran')).toBe(false);
  writeFileSync('ran', '');
});
`,
  });
});
afterAll(async () => await project[Symbol.asyncDispose]());

test('a failure on one image that no step shows does not pass for the same', async () => {
  const { output, exitCode } = await guestwright(
    project.folder,
    ['compare', 'old.img', 'new.img', 'scenarios/once.spec.ts'],
    {},
  );
  expect(exitCode, output).toBe(1);
  expect(output).toContain('The scenario fails on new.img alone');
  expect(output).not.toContain('does the same');
});
