/**
 * GRUB's menu in a graphic mode (VESA, 640 x 480).
 *
 * In a graphic mode there are only pixels. Text is read from them by the guest's own font, exactly, and so the row that
 * is highlighted can be asked for; the whole picture is compared with a golden. The menu counts down to the start of its
 * first entry: that number is masked, wherever it stands.
 */
import { expect, test } from 'guestwright';

test('the menu is drawn in a graphic mode and counts down', async ({ machine }) => {
  const { keyboard, screen } = machine;
  await expect(screen).toShowText('GNU GRUB', { timeout: 60_000 });
  await keyboard.press('c');
  await expect(screen).toShowText(/^grub> $/);

  await test.step('switch to the graphic mode', async () => {
    await keyboard.type('set gfxmode=640x480; set menu_color_highlight=yellow/red; set timeout=60\n');
    await keyboard.type('loadfont unicode; insmod vbe; terminal_output gfxterm\n');
    await screen.waitFor('a picture of 640x480', ({ width, height }) => width === 640 && height === 480);
    await expect(screen).toMatchGolden('command-line');
  });

  await test.step('the menu counts down', async () => {
    // Back to the menu, which now starts counting: any number will do.
    await keyboard.press('Escape');
    await expect(screen).toShowText(/automatically in \d+s\./);
    const countdown = screen.getByText(/\d+s\./);
    await expect(screen).toMatchGolden('menu', { mask: [countdown] });
    // Without the mask it is the same picture only as long as the number is the same.
    await expect(screen).not.toMatchGolden('menu');
    await expect(screen).toMatchGolden('menu', { mask: [countdown] });
  });

  await test.step('a key stops the countdown', async () => {
    await keyboard.press('ArrowDown');
    const entry = screen.getByText('FreeBSD (or GNU/kFreeBSD), direct boot');
    await expect(screen).toMatchGolden('second-entry');
    await expect(screen).toShowText('GNU (aka GNU/Hurd)', { selected: true, timeout: 0 });
    expect(await entry.waitFor()).toMatchObject({ rung: 'glyphs', confidence: 1 });
    await expect(screen).not.toShowText(/automatically/);
  });
});
