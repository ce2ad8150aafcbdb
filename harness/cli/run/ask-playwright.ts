/**
 * What a project's configuration says. It is TypeScript that only Playwright can load, so Playwright is asked to list
 * the tests (which runs none), and a reporter of ours prints one line.
 */
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { GuestwrightError } from '../../../sdk/errors.js';
import { requirePlaywright } from './playwright.js';

export interface Question {
  /** The project's folder. */
  folder: string;
  /** The reporter's file. */
  reporter: URL;
  /** What its line begins with: a configuration may print lines of its own. The rest is JSON. */
  mark: string;
  /** What is asked for, for the message: `guests`. */
  what: string;
}

/** @throws GuestwrightError `usage/config-unreadable` */
export async function askPlaywright({ folder, reporter, mark, what }: Question): Promise<unknown> {
  const { cli } = requirePlaywright(folder);
  const { stdout, stderr } = await execa(
    process.execPath,
    [cli, 'test', '--list', '--pass-with-no-tests', `--reporter=${fileURLToPath(reporter)}`],
    { cwd: folder, reject: false, stdin: 'ignore' },
  );
  const line = stdout.split('\n').find((text) => text.startsWith(mark));
  if (line !== undefined) return JSON.parse(line.slice(mark.length));
  throw new GuestwrightError(`The ${what} of the project in ${folder} are not known`, {
    kind: 'usage',
    code: 'config-unreadable',
    expected: 'a playwright.config.ts that loads',
    seen: stderr.trim() === '' ? stdout.trim() : stderr.trim(),
    next: 'npx playwright test --list',
  });
}
