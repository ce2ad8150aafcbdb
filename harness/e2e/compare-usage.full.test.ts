/** `guestwright compare` where only the scenario's run shows that it was asked wrongly. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeProject, type Project } from './project.js';
import { echoingGuest } from './tiny-guests.js';
import { guestwright } from './verifying.js';

const scenario = (spec: string) => `
import { expect, test } from 'guestwright';
test.use({ machineSpec: { memory: 8, ${spec} } });
test('is ready', async ({ machine }) => await expect(machine.screen).toShowText('READY'));
`;

let project: Project;
beforeAll(async () => {
  project = await makeProject({
    'guest.img': echoingGuest(),
    'old.img': echoingGuest(),
    'new.img': echoingGuest(),
    'scenarios/two.spec.ts': scenario("floppy: 'guest.img', cdrom: 'guest.img'"),
    'scenarios/state.spec.ts': scenario("floppy: 'guest.img', state: 'made.state'"),
    'scenarios/floppy.spec.ts': scenario("floppy: 'guest.img'"),
  });
});
afterAll(async () => await project[Symbol.asyncDispose]());

const compare = async (...args: string[]) => await guestwright(project.folder, ['compare', ...args], {});

test.each([
  ['several drives', 'two', /could go to several drives[^]*next: +add --drive floppy/],
  ['a state to begin at', 'state', /cannot go into a machine that begins at a state/],
])('a machine with %s ends the command with its own words', async (_what, name, words) => {
  const { output, exitCode } = await compare('old.img', 'new.img', `scenarios/${name}.spec.ts`);
  expect(exitCode, output).toBe(2);
  // Below what the scenario's own run said.
  expect(output.slice(output.indexOf('on old.img: failed'))).toMatch(words);
  expect(output).not.toContain('on new.img');
});

test('a second image without a place does not pass for the same', async () => {
  const { output, exitCode } = await compare('old.img', 'linux-busybox', 'scenarios/floppy.spec.ts');
  expect(exitCode, output).toBe(2);
  expect(output).toContain('No machine of the scenarios has a place for linux-busybox');
});

test('a drive that an image of the catalogue has nothing for is refused before anything runs', async () => {
  const { output, exitCode } = await compare(
    'old.img',
    'linux-busybox',
    'scenarios/floppy.spec.ts',
    '--drive',
    'floppy',
  );
  expect(exitCode, output).toBe(2);
  expect(output).toContain('It is not clear what of linux-busybox goes to floppy');
  expect(output).not.toContain('on old.img');
});

test('a state that others begin with is not saved of an image that is only compared', async () => {
  const env = { GUESTWRIGHT_STORE: join(project.folder, 'store') };
  await project.write(
    'scenarios/saves.spec.ts',
    scenario("floppy: 'guest.img'").replace('test.use({', "test.use({ saveAs: 'made',"),
  );
  const compared = await guestwright(project.folder, ['compare', 'old.img', 'new.img', 'scenarios/saves.spec.ts'], env);
  expect(compared.exitCode, compared.output).toBe(0);
  const names = async () => (await guestwright(project.folder, ['store', 'list', '--json'], env)).output;
  expect(await names()).not.toContain('"made"');
  await guestwright(project.folder, ['run', 'scenarios/saves.spec.ts'], env);
  expect(await names()).toContain('"made"');
});
