/** The guests of a project. */
import { readdir } from 'node:fs/promises';
import { z } from 'zod';
import { parseSpec, type MachineSpecInput } from '../../../sdk/machine/spec.js';
import { askPlaywright } from '../run/ask-playwright.js';
import { GUESTS_MARK } from './guests-reporter.js';

/** Unknown fields of a newer release are none of our business here; a wrong one is told by launch(). */
const guestsSchema = z.record(z.string(), z.record(z.string(), z.unknown()));

/**
 * @returns guest's name to its spec; empty when `folder` holds no Playwright configuration
 * @throws GuestwrightError `usage/config-unreadable`
 */
export async function projectGuests(folder: string): Promise<Map<string, MachineSpecInput>> {
  if (!(await readdir(folder)).some((file) => /^playwright\.config\.[cm]?[jt]s$/.test(file))) return new Map();
  const answer = await askPlaywright({
    folder,
    reporter: new URL('./guests-reporter.js', import.meta.url),
    mark: GUESTS_MARK,
    what: 'guests',
  });
  const guests = guestsSchema.parse(answer);
  return new Map(Object.entries(guests).map(([name, spec]) => [name, parseGuest(spec)]));
}

/** `shell` may hold an expression, which does not survive the way here, and nobody runs commands in `open`. */
function parseGuest(spec: Record<string, unknown>): MachineSpecInput {
  return parseSpec({ ...spec, shell: undefined });
}
