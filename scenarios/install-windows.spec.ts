/**
 * Installs Windows 10, or Windows 11 up to 23H2, from an English medium of your own; without one it is skipped. See
 * `docs/windows.md` for what it needs, and for what of it has not been run here.
 */
import { expect, test } from 'guestwright';

const MINUTE = 60_000;
const medium = process.env['GUESTWRIGHT_WINDOWS_ISO'];
const edition = process.env['GUESTWRIGHT_WINDOWS_EDITION'] ?? 'Windows 1\\d Pro\\b';

test.skip(medium === undefined, 'set GUESTWRIGHT_WINDOWS_ISO to the file of an installation medium (docs/windows.md)');
test.setTimeout(8 * 60 * MINUTE);

test('Windows installs from its medium and asks for a region', async ({ machine }) => {
  const { keyboard, screen } = machine;
  // The set-up is made of pictures: all of it is read by OCR, and answered with the pointer.
  const slow = { timeout: 30 * MINUTE };
  const click = async (text: string | RegExp): Promise<void> => {
    await expect(screen).toShowText(text, slow);
    await screen.getByText(text).click();
  };

  await test.step('start from the medium', async () => {
    // It starts only when a key is pressed while this is shown, which is so that a restart finds the disk.
    await expect(screen).toShowText('Press any key to boot from CD or DVD', { timeout: 5 * MINUTE });
    await keyboard.press('Enter');
    await expect(screen).toShowText('Language to install', slow);
  });

  await test.step('answer the set-up', async () => {
    await click(/\bNext\b/);
    await click('Install now');
    await click("I don't have a product key");
    await click(new RegExp(edition));
    await click(/\bNext\b/);
    await click(/I accept/);
    await click(/\bNext\b/);
    await click('Custom: Install Windows only');
    await expect(screen).toShowText('Unallocated Space', slow);
    await click(/\bNext\b/);
  });

  await test.step('wait for the installation', async () => {
    await expect(screen).toShowText('Installing Windows', slow);
    // It restarts by itself, more than once; the disk goes before the medium (the spec's boot order).
    const outcome = {
      done: /(?:right|correct) country or region|start with region/i,
      failed: /Windows (?:cannot|could not)/,
    };
    expect(await screen.waitForOneOf(outcome, { timeout: 6 * 60 * MINUTE })).toBe('done');
  });
});
