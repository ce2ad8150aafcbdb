/**
 * The guests of a project. Its configuration is TypeScript that only Playwright can load, so Playwright is asked to
 * list the tests (which runs none), and a reporter of ours says what the projects were given.
 */
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { z } from 'zod';
import { GuestwrightError } from '../../../sdk/errors.js';
import { parseSpec, type MachineSpecInput } from '../../../sdk/machine/spec.js';
import { requirePlaywright } from '../run/playwright.js';
import { GUESTS_MARK } from './guests-reporter.js';

/** Unknown fields of a newer release are none of our business here; a wrong one is told by launch(). */
const guestsSchema = z.record(z.string(), z.record(z.string(), z.unknown()));

/**
 * @returns guest's name to its spec; empty when `folder` holds no Playwright configuration
 * @throws GuestwrightError `usage/config-unreadable`
 */
export async function projectGuests(folder: string): Promise<Map<string, MachineSpecInput>> {
  if (!(await readdir(folder)).some((file) => /^playwright\.config\.[cm]?[jt]s$/.test(file))) return new Map();
  const reporter = fileURLToPath(new URL('./guests-reporter.js', import.meta.url));
  const { cli } = requirePlaywright(folder);
  const { stdout, stderr } = await execa(
    process.execPath,
    [cli, 'test', '--list', '--pass-with-no-tests', `--reporter=${reporter}`],
    { cwd: folder, reject: false, stdin: 'ignore' },
  );
  const line = stdout.split('\n').find((text) => text.startsWith(GUESTS_MARK));
  if (line === undefined) {
    throw new GuestwrightError(`The guests of the project in ${folder} are not known`, {
      kind: 'usage',
      code: 'config-unreadable',
      expected: 'a playwright.config.ts that loads',
      seen: stderr.trim() === '' ? stdout.trim() : stderr.trim(),
      next: 'npx playwright test --list',
    });
  }
  const guests = guestsSchema.parse(JSON.parse(line.slice(GUESTS_MARK.length)));
  return new Map(Object.entries(guests).map(([name, spec]) => [name, parseGuest(spec)]));
}

/** `shell` may hold an expression, which does not survive the way here, and nobody runs commands in `open`. */
function parseGuest(spec: Record<string, unknown>): MachineSpecInput {
  return parseSpec({ ...spec, shell: undefined });
}
