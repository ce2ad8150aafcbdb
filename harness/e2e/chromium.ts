/** Debian's Chromium, for tests of pages. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from '@playwright/test';

/** Null: it is not installed; `npm run setup -- --with browser` does it. */
export const CHROMIUM = onPath('chromium');

function onPath(name: string): string | null {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not here.
    }
  }
  return null;
}

/** Its sandbox wants a user that is not root. */
export async function startChromium(): Promise<Browser> {
  if (CHROMIUM === null) throw new Error('there is no Chromium');
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return await chromium.launch({ executablePath: CHROMIUM, args });
}
