/** Finds the Playwright Test that a project uses. */
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { GuestwrightError } from '../../../sdk/errors.js';

export interface PlaywrightInstall {
  /** The script behind the `playwright` command. */
  cli: string;
  /** Folder of the package `@playwright/test`. */
  folder: string;
  version: string;
}

/** The one that a file in `folder` would import; `null` when there is none. */
export function findPlaywright(folder: string): PlaywrightInstall | null {
  const require = createRequire(join(folder, 'resolved-from-here.js'));
  try {
    const manifest = require.resolve('@playwright/test/package.json');
    const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(manifest, 'utf8')));
    return { cli: require.resolve('@playwright/test/cli'), folder: dirname(manifest), version };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') return null;
    throw error;
  }
}

/** The one that Guestwright itself imports. */
export function findOwnPlaywright(): PlaywrightInstall | null {
  return findPlaywright(import.meta.dirname);
}

/** @throws GuestwrightError `infrastructure/playwright-missing` */
export function requirePlaywright(folder: string): PlaywrightInstall {
  const found = findPlaywright(folder) ?? findOwnPlaywright();
  if (found !== null) return found;
  throw new GuestwrightError('Playwright Test was not found', {
    kind: 'infrastructure',
    code: 'playwright-missing',
    expected: `the package @playwright/test in the node_modules of ${folder} or of a folder above it`,
    next: 'npm install --save-dev @playwright/test',
  });
}
