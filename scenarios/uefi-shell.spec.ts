/**
 * A PC with UEFI and nothing to start: its firmware then starts the shell that is built into it.
 *
 * The screen is in a graphic mode of 1280x800 pixels. What is on it is read all the same, character by character: the
 * firmware has one font, and draws with nothing else.
 */
import { expect, test } from 'guestwright';

test('the UEFI shell answers what is typed', async ({ machine }) => {
  const { keyboard, screen, serial } = machine;
  // Firmware takes its time, and on QEMU a time-out counts wall time.
  await expect(screen).toShowText('UEFI Interactive Shell v2.2', { timeout: 180_000 });
  await expect(screen).toShowText('map: No mapping found.', { exact: true });
  // Any key but Escape skips the start script too; without a key it takes 5 s.
  await expect(screen).toShowText('Shell>', { exact: true, timeout: 60_000 });

  await keyboard.type('cls\n');
  await expect(screen).not.toShowText('map: No mapping found.');
  await keyboard.type('echo "Upper, lower: {[(!@$)]}?"\n');
  await expect(screen).toShowText('Upper, lower: {[(!@$)]}?', { exact: true });
  await keyboard.type('ver\n');
  await expect(screen).toShowText('UEFI Interactive Shell v2.2', { exact: true });

  // The firmware's console is the serial port as well, both ways.
  await serial.write('echo "over the serial port"\r');
  await expect(screen).toShowText('over the serial port', { exact: true });
  expect(await serial.text()).toContain('Upper, lower: {[(!@$)]}?');

  await keyboard.type('reset -s\n');
  await expect(machine).toBePoweredOff();
});
