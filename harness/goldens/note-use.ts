/** Notes for `guestwright golden` which goldens a test has used. */
import type { TestInfo } from '@playwright/test';
import { encodeUse, GOLDEN_ANNOTATION, type GoldenUse } from './use.js';

/** Each use once: a golden that is looked for again and again is noted the first time. */
export function noteUses({ annotations }: TestInfo, uses: readonly GoldenUse[]): void {
  for (const use of uses) {
    const description = encodeUse(use);
    const known = annotations.some((one) => one.type === GOLDEN_ANNOTATION && one.description === description);
    if (!known) annotations.push({ type: GOLDEN_ANNOTATION, description });
  }
}
