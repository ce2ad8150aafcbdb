/** Runs inside `playwright test --list`: prints the ids of all tests, for `projectTests`. */
import type { FullConfig, Reporter, Suite } from '@playwright/test/reporter';

/** What the line begins with: a configuration may print lines of its own. */
export const TESTS_MARK = 'guestwright-tests:';

export default class TestsReporter implements Reporter {
  onBegin(_config: FullConfig, suite: Suite): void {
    process.stdout.write(`\n${TESTS_MARK}${JSON.stringify(suite.allTests().map(({ id }) => id))}\n`);
  }

  printsToStdio(): boolean {
    return true;
  }
}
