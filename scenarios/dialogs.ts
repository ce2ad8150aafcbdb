/** What scenarios about dialogs on a text screen share: lists that are walked with the arrow keys, text that is wrapped. */
import { expect, GuestwrightError, type Machine } from 'guestwright';

/** How long a list may take to show that its highlight has moved. At its end it does not move: that is how it is told. */
const MOVE_TIMEOUT_MS = 3_000;
/** A highlight is drawn in two steps, the old entry and the new one: between them the screen does not stand still so long. */
const DRAWN_MS = 100;

/**
 * Walks a list until an entry of it is highlighted, and presses Enter: down to its end first, then up. Looks after every
 * key, so that it does not matter where the entry is, and whether it is on the screen yet.
 */
export async function choose(machine: Machine, entry: string | RegExp): Promise<void> {
  const { keyboard, screen } = machine;
  const wanted = screen.getByText(entry, { selected: true });
  for (const key of ['ArrowDown', 'ArrowUp']) {
    while (!(await wanted.isVisible()) && (await moves(machine, key)));
  }
  // Passes at once, or says what is there instead.
  await expect(screen).toShowText(entry, { selected: true });
  await keyboard.press('Enter');
}

/** Presses a key and waits until the screen has followed. False: it stays as it is. */
async function moves({ keyboard, screen }: Machine, key: string): Promise<boolean> {
  const before = await screen.frame();
  await keyboard.press(key);
  try {
    const other = ({ rgba }: { rgba: Uint8Array }) => Buffer.compare(rgba, before.rgba) !== 0;
    await screen.waitFor('another picture', other, { timeout: MOVE_TIMEOUT_MS });
  } catch (error) {
    if (error instanceof GuestwrightError && error.failure.code === 'screen-timeout') return false;
    throw error;
  }
  await screen.waitForStable({ for: DRAWN_MS });
  return true;
}

/** Finds a text that a dialog has broken into lines, wherever it was broken: between words there may be borders. */
export function wrapped(text: string): RegExp {
  const words = text.split(/\s+/).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(words.join('[\\s│]+'));
}
