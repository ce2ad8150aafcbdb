/**
 * Debian's installer, from its first dialog to the question for a mirror, in the language of the project: the steps are
 * the same, and what the screens say is looked up by locale (`debian-installer-texts.ts`).
 *
 * The installer draws its dialogs on a framebuffer. They are read by its font, exactly, so that an umlaut is an umlaut.
 */
import { expect, test } from 'guestwright';
import { texts, type Dialog } from './debian-installer-texts.js';
import { choose, wrapped } from './dialogs.js';

const MINUTE = 60_000;
// A guest that is translated shares the host with whatever else runs there: these are limits, not expectations.
test.setTimeout(30 * MINUTE);

// On these keys layouts differ: that it comes out as typed shows that the installer has taken the layout.
const hostName = 'lazy-dog';
const domain = 'example.org';

test('Debian’s installer asks its questions in the chosen language', async ({ machine, locale }) => {
  const { keyboard, screen } = machine;
  const entry = texts[locale ?? ''];
  if (entry === undefined) throw new Error(`There are no texts for ${locale}: add them to debian-installer-texts.ts`);
  const { language, location, nameServers, hostName: name, domain: domainName, mirror, keyboard: keymap } = entry;

  async function toAsk({ title, text, question }: Dialog): Promise<void> {
    await expect(screen).toShowText(question, { timeout: 5 * MINUTE });
    await expect(screen).toShowText(title);
    // Every pixel of every character is right, or it would not be read so.
    expect(await screen.getByText(wrapped(text)).waitFor()).toMatchObject({ rung: 'glyphs', confidence: 1 });
  }

  await test.step('choose the language', async () => {
    await expect(screen).toShowText('Select a language', { timeout: 10 * MINUTE });
    await choose(machine, new RegExp(`${language.english} +- +${language.own}`));
  });

  await test.step('choose the country', async () => {
    await toAsk(location);
    await choose(machine, location.answer);
  });

  await test.step('choose the keyboard', async () => {
    await toAsk(keymap);
    await choose(machine, keymap.answer);
  });

  await test.step('go without name servers', async () => {
    // The guest's network is isolated: it has given the guest an address, and nobody to ask for names.
    await toAsk(nameServers);
    await keyboard.press('Enter');
  });

  await test.step('name the computer', async () => {
    await toAsk(name);
    // The field has a proposal in it.
    await keyboard.press('Control+u');
    await keyboard.type(hostName);
    await expect(screen).toShowText(hostName);
    await keyboard.press('Enter');
    await toAsk(domainName);
    await keyboard.press('Control+u');
    await keyboard.type(domain);
    await expect(screen).toShowText(domain);
    await keyboard.press('Enter');
  });

  await test.step('be asked for a mirror', async () => {
    await toAsk(mirror);
    // Of all countries it proposes the one that was chosen.
    await expect(screen).toShowText(location.answer, { selected: true });
  });
});
