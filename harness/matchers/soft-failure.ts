import type { MatcherReturnType, TestInfo } from '@playwright/test';
import { pointErrorAt, type ScenarioFrame } from '../fixtures/location.js';
import { recordOf } from '../fixtures/record.js';

/**
 * A first golden fails its test, but lets it go on, so that one run writes them all; and it is not retried, because the
 * retry would pass. As Playwright's own matchers do it: through fields that are not in the public types. That they still
 * work is looked after when the test ends (`failOnUnreportedGoldens`).
 */
export function softFailure(
  testInfo: TestInfo,
  lines: readonly ScenarioFrame[],
  summary: string,
  result: MatcherReturnType,
): MatcherReturnType {
  recordOf(testInfo).writtenGoldens.push(summary);
  const softError = new Error(result.message());
  pointErrorAt(softError, lines);
  return Object.assign(result, { pass: true, message: () => '', softError, shouldNotRetryTest: true });
}
