/**
 * GRUB's rescue floppy: its menu, walked with the arrow keys, and its command line.
 *
 * The menu starts an entry after a few seconds unless a key is pressed, and counts them down on the screen. The first
 * golden therefore masks that line; later ones need no mask, because a key stops the countdown.
 */
import { expect, test } from 'guestwright';

test('the menu can be walked with the arrow keys', async ({ machine }) => {
  const { keyboard, screen } = machine;
  await expect(screen).toShowText('GNU GRUB', { timeout: 60_000 });
  await expect(screen).toShowText(/\*GNU\/Linux/);
  await expect(screen).toMatchGolden('menu', { mask: [screen.getByText(/.*executed automatically in \d+s.*/)] });

  await test.step('down to the third entry', async () => {
    await keyboard.press('ArrowDown');
    await keyboard.press('ArrowDown');
    await expect(screen).toShowText('*FreeBSD (or GNU/kFreeBSD), direct boot');
    await expect(screen).toMatchGolden('third-entry');
  });

  await keyboard.press('ArrowUp');
  await expect(screen).toShowText('*GNU (aka GNU/Hurd)');
  await expect(screen).not.toMatchGolden('third-entry');
});

test('the command line answers "help" and "ls"', async ({ machine }) => {
  const { keyboard, screen } = machine;
  await expect(screen).toShowText('GNU GRUB', { timeout: 60_000 });
  await keyboard.press('c');
  await expect(screen).toShowText(/^grub> $/);
  await expect(screen).toMatchGolden('command-line');

  await keyboard.type('ls\n');
  await expect(screen).toShowText('(fd0)');
  await expect(screen).toMatchGolden('ls');

  await keyboard.type('help\n');
  await expect(screen).toShowText('zfsinfo');
  await expect(screen).toMatchGolden('help');
});
