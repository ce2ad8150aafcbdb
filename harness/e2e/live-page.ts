/** The page of a live machine in a real browser, for tests that use it as a user does. */
import { once } from 'node:events';
import type { Browser, Locator, Page } from '@playwright/test';
import type { ResultPromise } from 'execa';
import { onTestFinished } from 'vitest';

/** Wall ms for a machine on a busy host. */
const SLOW_MS = 240_000;

export interface LivePage {
  page: Page;
  canvas: Locator;
  /** What the page or its policy complained about. */
  errors: string[];
  /** Waits until the guest's screen shows it. */
  shows(text: string | RegExp): Promise<void>;
  /** What the command has said, on both streams. */
  readonly output: string;
  ended: Promise<{ exitCode: number | undefined }>;
}

/** Opens the page that a command has printed the address of. The command ends with the test, at the latest. */
export async function openLivePage(
  child: ResultPromise<{ reject: false; stdin: 'ignore' }>,
  browser: Browser,
): Promise<LivePage> {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  // Also when the test fails.
  onTestFinished(async () => {
    child.kill();
    await child;
  });
  const ended = child.then(({ exitCode }) => ({ exitCode }));
  const over = ended.then(() => null);
  const address = (): string | undefined => /http:\S+/.exec(output)?.[0];
  while (address() === undefined) {
    if ((await Promise.race([once(child.stdout, 'data'), over])) === null) {
      throw new Error(`It ended before there was a page:\n${output}`);
    }
  }
  const page = await browser.newPage({ viewport: { width: 1300, height: 850 } });
  onTestFinished(async () => await page.close());
  page.setDefaultTimeout(SLOW_MS);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await page.goto(address() ?? '');
  return {
    page,
    canvas: page.locator('canvas'),
    errors,
    async shows(text) {
      await page.locator('pre[aria-label="The screen as text"]', { hasText: text }).waitFor({ state: 'attached' });
    },
    get output() {
      return output;
    },
    ended,
  };
}
