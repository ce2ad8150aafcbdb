/** A wrong use that only a worker can see: left in the run's folder, so that `guestwright compare` ends with it. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { GuestwrightError } from '../../sdk/errors.js';
import { isMissing } from '../../sdk/images/files.js';

/** In the run's folder, beside its courses. */
export const FAILURE_FILE = 'failure.json';

const left = z.strictObject({
  version: z.literal(1),
  message: z.string(),
  failure: z.strictObject({
    kind: z.literal('usage'),
    code: z.string(),
    expected: z.string().optional(),
    seen: z.string().optional(),
    next: z.string().optional(),
  }),
});

/** @param folder of the run; made where it is not there */
export function leaveFailure(folder: string, { message, failure }: GuestwrightError): void {
  const file = path.join(folder, FAILURE_FILE);
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${file}.new`, JSON.stringify({ version: 1, message, failure }));
  renameSync(`${file}.new`, file);
}

/** Null: the workers have left none. */
export async function readFailure(folder: string): Promise<GuestwrightError | null> {
  let text: string;
  try {
    text = await readFile(path.join(folder, FAILURE_FILE), 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
  const { message, failure } = left.parse(JSON.parse(text));
  const { kind, code, expected, seen, next } = failure;
  return GuestwrightError.revive(message, {
    kind,
    code,
    ...(expected === undefined ? {} : { expected }),
    ...(seen === undefined ? {} : { seen }),
    ...(next === undefined ? {} : { next }),
  });
}
