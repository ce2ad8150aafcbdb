/** What a reporter can say of two attempts at one test: it finds their courses among the attachments. */
import type { TestResult } from '@playwright/test/reporter';
import { attachedBytes } from '../reporters/attached.js';
import { ATTEMPT_TYPE, parseAttempt, type Attempt } from './attempt.js';
import { compareAttempts } from './compare.js';
import { wordParting } from './word.js';

type Attached = Pick<TestResult, 'attachments'>;

/** Where they part, of the first machine that did anything else; null: nothing was noted of both. */
export function partingOf(passed: Attached, failed: Attached): string | null {
  const good = coursesOf(passed);
  const pairs = coursesOf(failed).flatMap((seen) => {
    const expected = good.find(({ machine }) => machine === seen.machine);
    return expected === undefined ? [] : [{ machine: seen.machine, comparison: compareAttempts(expected, seen) }];
  });
  const pair = pairs.find(({ comparison }) => comparison.outcome !== 'same') ?? pairs[0];
  if (pair === undefined) return null;
  return `${pairs.length > 1 ? `${pair.machine}: ` : ''}${wordParting(pair.comparison)}`;
}

function coursesOf({ attachments }: Attached): Attempt[] {
  return attachments.flatMap((attachment) => {
    const bytes = attachment.contentType === ATTEMPT_TYPE ? attachedBytes(attachment) : null;
    const attempt = bytes === null ? null : parseAttempt(Buffer.from(bytes).toString());
    return attempt === null ? [] : [attempt];
  });
}
