/** `guestwright open` with a guest that reads its keyboard. */
import { expect, test } from 'vitest';
import { BACK_TO_NORMAL, LEAVE, Session } from './terminal-session.js';

test('the screen is shown, keys go to the guest, and Ctrl-] leaves the terminal as it was', async () => {
  const session = new Session('open grub-rescue:floppy');
  await session.waitFor(/GNU GRUB/);
  await session.waitFor(/grub-rescue:floppy \| [\d.]+ s \| running \|.* Ctrl-\] leaves/);
  // Arrow keys, Escape sequences as they are, stop the countdown of the menu.
  session.type('\x1b[B\x1b[A');
  session.type('c');
  await session.waitFor(/grub>/);
  session.type('echo hi there\r');
  await session.waitFor(/(?<!echo )hi there/);
  session.type(LEAVE);
  expect(await session.end()).toBe(0);
  expect(session.output).toContain(BACK_TO_NORMAL);
  expect(session.text).toMatch(/Left grub-rescue:floppy after [\d.]+ s of guest time/);
});
