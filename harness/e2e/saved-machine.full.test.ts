/** One scenario's result is where others begin: the options `saveAs` and `from`. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { UserFolder } from './command-line.js';
import { echoingGuest } from './tiny-guests.js';

const CONFIG = `
import { defineConfig } from 'guestwright';
const tiny = { guest: 'tiny', machineSpec: { memory: 8, floppy: 'echo.img' } };
export default defineConfig({
  workers: 2,
  reporter: [['line']],
  projects: [
    { name: 'make', testMatch: 'make.spec.ts', use: { ...tiny, saveAs: 'made:tiny' } },
    { name: 'go on', testMatch: 'go-on.spec.ts', use: { ...tiny, from: 'made:tiny' }, dependencies: ['make'] },
    { name: 'misuses', testMatch: 'misuses.spec.ts', use: tiny },
  ],
});
`;

const MAKE = `
import { expect, test } from 'guestwright';
test('makes', async ({ machine }) => {
  await expect(machine.screen).toShowText('READY');
  await machine.keyboard.type('made ');
  await machine.screen.getByText('made').waitFor();
  expect(process.env.FAIL).toBeUndefined();
});
`;

const GO_ON = `
import { expect, test } from 'guestwright';
test.describe.configure({ mode: 'parallel' });
for (const letter of ['p', 'q', 'r']) {
  test('goes on with ' + letter, async ({ machine }) => {
    await machine.screen.getByText(/^made$/).waitFor();
    await machine.keyboard.type(letter);
    await machine.screen.getByText(new RegExp('^made ' + letter + '$')).waitFor();
    if (process.env.STARTS !== undefined) expect(machine.memoised.starts).toBe(Number(process.env.STARTS));
  });
}
`;

const MISUSES = `
import { test } from 'guestwright';
test.describe('named', () => {
  test.use({ saveAs: '../outside' });
  test('named wrong', async ({ machine }) => void machine);
});
test.describe('begun', () => {
  test.use({ from: 'made:tiny', machineSpec: { memory: 8, floppy: 'echo.img', state: 'a-file' } });
  test('begun twice', async ({ machine }) => void machine);
});
`;

test("tests go on from another project's result, each with a machine of its own", async () => {
  const store = await mkdtemp(join(tmpdir(), 'guestwright-test-'));
  onTestFinished(async () => await rm(store, { recursive: true, force: true }));
  await using user = await UserFolder.installed({
    'playwright.config.ts': CONFIG,
    'scenarios/make.spec.ts': MAKE,
    'scenarios/go-on.spec.ts': GO_ON,
    'scenarios/misuses.spec.ts': MISUSES,
  });
  await writeFile(join(user.path, 'echo.img'), echoingGuest());
  const run = async (args: string[], env = {}) =>
    await user.run(['run', ...args], { GUESTWRIGHT_STORE: store, GUESTWRIGHT_MEMOISE: 'on', ...env });

  // What fails leaves nothing.
  const wrong = await run(['--project', 'make', '--project', 'misuses'], { FAIL: '1' });
  expect(wrong.exitCode).toBe(1);
  expect(wrong.stdout).toMatch(/named wrong \[snapshot-name-invalid\]/);
  expect(wrong.stdout).toMatch(/begun twice \[from-and-state\]/);

  const alone = await run(['--project', 'go on', '--no-deps', '-g', 'with p']);
  expect(alone.exitCode).toBe(1);
  expect(alone.stdout).toContain('There is no saved machine "made:tiny" to go on from');
  expect(alone.stdout).toContain('the state that the project "make" leaves when it passes');
  expect(alone.stdout).toContain('npx guestwright run --project "make"');

  const both = await run(['--project', 'go on']);
  expect(both.exitCode, both.stdout + both.stderr).toBe(0);
  expect(both.stdout).toContain('4 passed');

  // What made the state did the same as before: its state is the same, and so is what goes on from there.
  const again = await run(['--project', 'go on'], { STARTS: '0' });
  expect(again.exitCode, again.stdout + again.stderr).toBe(0);
  expect(again.stdout).toContain('4 passed');
});
