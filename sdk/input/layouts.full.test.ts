/** What is typed in any layout arrives in a Linux guest that is set to it; and typing that is confirmed by its echo. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GuestwrightError } from '../errors.js';
import { LayoutGuest, paragraphFor } from './layout-guest.test.helper.js';
import { LAYOUT_NAMES } from './layouts/names.js';

let guest: LayoutGuest;

beforeAll(async () => {
  guest = await LayoutGuest.boot();
});
afterAll(async () => guest.machine.dispose());

test.each(LAYOUT_NAMES)('a guest set to the layout %s reads a paragraph as it was typed', async (name) => {
  const text = paragraphFor(name);
  expect(await guest.arrived(name, name, text)).toBe(`${text}\n`);
});

test('a guest with two layouts and a key that goes from one to the other reads both alphabets', async () => {
  const text = 'echo "Привет, мир!" > /tmp/файл-1.txt; ls Ёж?';
  const layout = { groups: ['us' as const, 'ru' as const], toggle: 'Alt+Shift' };
  expect(await guest.arrived('us-ru', layout, text)).toBe(`${text}\n`);
});

test('a command is confirmed at a shell prompt, over the edge of the screen, before it runs', async () => {
  const { machine } = guest;
  await machine.shell.run('chvt 1; use-keymap de');
  // This shell's line editor counts bytes, not characters, and wraps too early after umlauts: the long line has none.
  const words = Array.from({ length: 30 }, (_, index) => `{z|y~${index}}`).join(' ');
  const before = machine.journal.length;
  await guest.keyboard('de').type(`echo '${words}' > /tmp/out\necho übermäßig\n`, { confirm: true });
  expect((await machine.shell.run('cat /tmp/out')).stdout).toBe(`${words}\n`);
  // Nothing was lost, so nothing was to be typed again.
  const repairs = machine.journal
    .slice(before)
    .filter(({ input }) => input.kind === 'key' && input.code === 'Backspace');
  expect(repairs).toEqual([]);
});

test('a password that is not echoed is told apart from keys that got lost', async () => {
  const { machine } = guest;
  await machine.shell.run('chvt 1; use-keymap us');
  const keyboard = guest.keyboard('us');
  await keyboard.type('clear; stty -echo; read -r word; stty echo; echo "$word" > /tmp/word\n', { confirm: true });
  const error: unknown = await keyboard.type('hunter2', { confirm: true }).catch((reason: unknown) => reason);
  if (!(error instanceof GuestwrightError)) throw error;
  expect(error.code).toBe('typing-not-confirmed');
  expect(error.message).toContain('nothing is echoed');
  await keyboard.press('Enter');
  await machine.clock.advance(200);
  expect((await machine.shell.run('cat /tmp/word')).stdout).toBe('hunter2\n');
});
