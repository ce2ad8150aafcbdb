/** What is typed in any layout arrives in a Linux guest that is set to that layout. */
import { afterAll, beforeAll, expect, test } from 'vitest';
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
