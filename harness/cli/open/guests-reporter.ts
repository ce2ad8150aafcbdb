/** Runs inside `playwright test --list`: prints the guests of all projects, for `projectGuests`. */
import type { FullConfig, Reporter } from '@playwright/test/reporter';

/** What the line begins with: a configuration may print lines of its own. */
export const GUESTS_MARK = 'guestwright-guests:';

/** What `defineGuests` puts into a project. */
interface GuestOptions {
  guests?: Record<string, object>;
}

export default class GuestsReporter implements Reporter {
  onBegin(config: FullConfig<unknown, GuestOptions>): void {
    const guests = Object.assign({}, ...config.projects.map(({ use }) => use.guests ?? {})) as object;
    process.stdout.write(`\n${GUESTS_MARK}${JSON.stringify(guests)}\n`);
  }

  printsToStdio(): boolean {
    return true;
  }
}
