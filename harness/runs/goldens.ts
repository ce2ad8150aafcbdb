/** The goldens that a test was compared with, as its report has them: for the file of its run. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { TestInfo } from '@playwright/test';
import type { RunGolden } from './format.js';

/** As `toMatchGolden` attaches them. */
const PART = /^(.+)-(expected|actual|diff)\.png$/;

export interface TestGoldens {
  /** Of every golden that did not match. */
  goldens: RunGolden[];
  /** Their PNG files by SHA-256. */
  pictures: Map<string, Uint8Array>;
}

/** A picture that cannot be read any more is left out: the rest of the run is worth as much without it. */
export async function goldensOf({ attachments }: Pick<TestInfo, 'attachments'>): Promise<TestGoldens> {
  const goldens = new Map<string, RunGolden>();
  const pictures = new Map<string, Uint8Array>();
  for (const { name, path, body } of attachments) {
    const [, golden, part] = PART.exec(name) ?? [];
    if (golden === undefined || part === undefined) continue;
    const bytes = body ?? (path === undefined ? null : await readFile(path).catch(() => null));
    if (bytes === null) continue;
    const digest = createHash('sha256').update(bytes).digest('hex');
    pictures.set(digest, bytes);
    const known = goldens.get(golden) ?? { name: golden, expected: null, actual: null, diff: null };
    goldens.set(golden, { ...known, [part]: digest });
  }
  return { goldens: [...goldens.values()], pictures };
}
