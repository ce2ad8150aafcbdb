/** Attachments of a test's result. */
import { readFileSync } from 'node:fs';
import type { TestResult } from '@playwright/test/reporter';

/** One that cannot be read any more is none. */
export function attachedBytes({ body, path }: TestResult['attachments'][number]): Uint8Array | null {
  if (body !== undefined) return body;
  if (path === undefined) return null;
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}
