/** Checkpoints as whoever writes and runs scenarios sees them: one project, run again and again. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { UserFolder, type Ran } from './command-line.js';
import { echoingGuest } from './tiny-guests.js';

const CONFIG = `
import { defineConfig, defineGuests } from 'guestwright';
export default defineConfig({
  workers: 1,
  reporter: [['line']],
  projects: defineGuests({ guests: { tiny: { spec: { memory: 8, floppy: 'echo.img' } } } }),
});
`;

/** Says which bodies ran. */
const types = ({ version = 1 } = {}): string => `
import { expect, test } from 'guestwright';
test('types', async ({ machine, checkpoint }) => {
  const { keyboard, screen } = machine;
  await checkpoint('booted', async () => {
    console.log('RAN types booted');
    await expect(screen).toShowText('READY');
  });
  await checkpoint('a typed', async () => {
    console.log('RAN types a');
    await keyboard.type('a');
    await screen.getByText(/^a$/).waitFor();
  }, { version: ${version} });
  await checkpoint('b typed', async () => {
    console.log('RAN types b');
    await keyboard.type('b');
    await screen.getByText(/^ab$/).waitFor();
  });
  await keyboard.type('c');
  await screen.getByText(/^abc$/).waitFor();
});
`;

const FAILS = `
import { expect, test } from 'guestwright';
for (const onFailure of ['stop', 'rollback']) {
  test.describe('on failure', () => {
    test.use({ onFailure });
    test(onFailure, async ({ machine, checkpoint }) => {
      const { keyboard, screen } = machine;
      await checkpoint('booted', async () => {
        await expect(screen).toShowText('READY');
      });
      await checkpoint('wrong', async () => {
        console.log('RAN ' + onFailure + ' wrong');
        await keyboard.type('x');
        await screen.getByText(/^x$/).waitFor();
        await expect(screen).toShowText('never', { timeout: 200 });
      });
      await checkpoint('right', async () => {
        console.log('RAN ' + onFailure + ' right');
        // What the failed body typed is not there.
        await keyboard.type('a');
        await screen.getByText(/^a$/).waitFor();
      });
      console.log('RAN ' + onFailure + ' end');
    });
  });
}
`;

let store: string;
let user: UserFolder;

beforeAll(async () => {
  store = await mkdtemp(join(tmpdir(), 'guestwright-test-'));
  const files = { 'scenarios/types.spec.ts': types(), 'scenarios/fails.spec.ts': FAILS };
  user = await UserFolder.installed({ 'playwright.config.ts': CONFIG, ...files });
  await writeFile(join(user.path, 'echo.img'), echoingGuest());
});
afterAll(async () => {
  await user[Symbol.asyncDispose]();
  await rm(store, { recursive: true, force: true });
});

interface Bodies extends Ran {
  /** Of a test: which of its bodies ran. */
  ran: (title: string) => string[];
  /** Of a test: how many checkpoints came from the store. */
  fromStore: (title: string) => string | undefined;
  words: string;
}

async function run(args: readonly string[] = [], memoise = 'off'): Promise<Bodies> {
  const ran = await user.run(['run', ...args], { GUESTWRIGHT_STORE: store, GUESTWRIGHT_MEMOISE: memoise });
  const { stdout, stderr } = ran;
  return {
    ...ran,
    ran: (title) => [...stdout.matchAll(new RegExp(`^RAN ${title} (\\w+)$`, 'gm'))].map(([, name = '']) => name),
    fromStore: (title) => new RegExp(`${title}: (\\d of \\d) checkpoints from store`).exec(stdout)?.[1],
    words: stdout + stderr,
  };
}

test('the first run runs all bodies; a failed one ends its test, or is rolled back', async () => {
  const { exitCode, words, ran, fromStore } = await run();
  expect(exitCode, words).toBe(1);
  expect(ran('types'), words).toEqual(['booted', 'a', 'b']);
  expect(fromStore('types')).toBe('0 of 3');
  expect(ran('stop')).toEqual(['wrong']);
  expect(ran('rollback')).toEqual(['wrong', 'right', 'end']);
  expect(words).toMatch(
    /2 asserted something that did not happen:\s.*stop \[text-not-shown\]\s.*rollback \[text-not-shown\]/,
  );
  expect(words).toMatch(/2 failed[^]*1 passed/);
});

test('the second run skips what was reached; what failed runs again', async () => {
  const { words, ran, fromStore } = await run();
  expect(ran('types'), words).toEqual([]);
  expect(fromStore('types')).toBe('3 of 3');
  expect(ran('stop')).toEqual(['wrong']);
  expect(ran('rollback')).toEqual(['wrong', 'end']);
  expect(fromStore('rollback')).toBe('2 of 3');
});

test('--no-checkpoints runs everything', async () => {
  const { exitCode, words, ran, fromStore } = await run(['--no-checkpoints', '-g', 'types']);
  expect(exitCode, words).toBe(0);
  expect(ran('types')).toEqual(['booted', 'a', 'b']);
  expect(fromStore('types')).toBeUndefined();
});

test('--from runs what comes after', async () => {
  const { exitCode, words, ran } = await run(['--from', 'a typed', '-g', 'types']);
  expect(exitCode, words).toBe(0);
  expect(ran('types')).toEqual(['b']);
});

test('--from a checkpoint that no scenario has says which there are', async () => {
  const { exitCode, words, ran } = await run(['--from=c typed', '-g', 'types']);
  expect(exitCode, words).toBe(1);
  // Stored anew by the run before.
  expect(ran('types')).toEqual([]);
  expect(words).toContain('no scenario that ran has a checkpoint "c typed". They have: "booted", "a typed", "b typed"');
  expect((await run(['--from'])).exitCode).toBe(2);
});

test('another version runs again, and so does what comes after; --from what comes after is refused', async () => {
  await user.write({ 'scenarios/types.spec.ts': types({ version: 2 }) });
  const refused = await run(['--from', 'b typed', '-g', 'types']);
  expect(refused.exitCode).toBe(1);
  expect(refused.words).toContain('The scenario cannot go on from the checkpoint "b typed"');
  expect(refused.words).toContain('"a typed", which comes before it, is not');
  expect(refused.ran('types')).toEqual([]);
  const { exitCode, words, ran } = await run(['-g', 'types']);
  expect(exitCode, words).toBe(0);
  expect(ran('types')).toEqual(['a', 'b']);
});

test('a memoised machine needs none of it: bodies run, answer from the store, and are rolled back', async () => {
  for (const memoised of [/types: \d+ of \d+ steps from store/, /types: (\d+) of \1 steps from store/]) {
    const { words, ran, fromStore } = await run([], 'on');
    expect(words).toMatch(memoised);
    expect(ran('types')).toEqual(['booted', 'a', 'b']);
    expect(fromStore('types')).toBeUndefined();
    expect(ran('rollback')).toEqual(['wrong', 'right', 'end']);
  }
});
