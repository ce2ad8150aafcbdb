/** A scenario that has run before, as whoever runs it sees it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { UserFolder } from './command-line.js';
import { echoingGuest } from './tiny-guests.js';

const CONFIG = `
import { defineConfig, defineGuests } from 'guestwright';
export default defineConfig({
  workers: 1,
  projects: defineGuests({ guests: { tiny: { spec: { memory: 8, floppy: 'echo.img' } } } }),
});
`;

const scenario = (last: string): string => `
import { expect, test } from 'guestwright';
test('echoes', async ({ machine }) => {
  await expect(machine.screen).toShowText('READY');
  await machine.keyboard.type('abc');
  await machine.screen.getByText('abc').waitFor();
  await machine.keyboard.type('${last}');
  await machine.screen.getByText('abc${last}').waitFor();
});
`;

test('its second run answers from the store, a changed last step runs that, and --no-memoise runs everything', async () => {
  const store = await mkdtemp(join(tmpdir(), 'guestwright-test-'));
  onTestFinished(async () => await rm(store, { recursive: true, force: true }));
  await using user = await UserFolder.installed({
    'playwright.config.ts': CONFIG,
    'scenarios/echo.spec.ts': scenario('d'),
  });
  await writeFile(join(user.path, 'echo.img'), echoingGuest());
  const env = { GUESTWRIGHT_STORE: store, GUESTWRIGHT_MEMOISE: 'on' };
  const steps = async (...args: string[]): Promise<string | undefined> => {
    const { exitCode, stdout, stderr } = await user.run(['run', ...args], env);
    expect(exitCode, stdout + stderr).toBe(0);
    return /echoes: (\d+ of \d+) steps from store/.exec(stdout)?.[1];
  };
  const first = await steps();
  const all = first?.split(' of ')[1] ?? '';
  expect(await steps()).toBe(`${all} of ${all}`);
  await user.write({ 'scenarios/echo.spec.ts': scenario('x') });
  // All but the typing of the last key, or the look for it.
  const changed = Number((await steps())?.split(' of ')[0]);
  expect(changed).toBeGreaterThanOrEqual(Number(all) - 2);
  expect(changed).toBeLessThan(Number(all));
  expect(await steps('--no-memoise')).toBeUndefined();
});
