/** What holds for every matcher: an error that it throws is remembered, and points at the scenario's line. */
import type { ExpectMatcherState, MatcherReturnType } from '@playwright/test';
import { pointErrorAt, takeTrace } from '../fixtures/location.js';
import { recordError } from '../fixtures/record.js';
import { currentTest, scenarioLines } from '../fixtures/steps.js';

type Matcher<Args extends [unknown, ...unknown[]]> = (
  this: ExpectMatcherState,
  ...args: Args
) => Promise<MatcherReturnType>;

/** Wrong use (a golden's name, a region outside of the screen) is thrown, so that `.not` does not turn it around. */
export function recorded<Args extends [unknown, ...unknown[]]>(matcher: Matcher<Args>): Matcher<Args> {
  return async function (...args) {
    const testInfo = currentTest();
    if (testInfo === null) return await matcher.apply(this, args);
    const trace = takeTrace();
    try {
      return await matcher.apply(this, args);
    } catch (error) {
      recordError(testInfo, error);
      pointErrorAt(error, scenarioLines(testInfo, trace));
      throw error;
    }
  };
}
