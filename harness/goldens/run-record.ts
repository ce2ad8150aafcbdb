/**
 * What a run leaves about goldens: `reports/goldens.json`, and beside it in `goldens/` the pictures that were refused.
 * The reporter writes it, in one process, when all workers are done; `guestwright golden` reads it.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import { GuestwrightError } from '../../sdk/errors.js';

const pendingRecord = z.strictObject({
  /** The golden's PNG, relative to the project. */
  golden: z.string(),
  /** SHA-256 of the golden that was compared with; null where there was none. */
  comparedWith: z.string().nullable(),
  /** Pictures, and the text of a text screen, relative to the record; null where there is none. */
  actual: z.string(),
  text: z.string().nullable(),
  diff: z.string().nullable(),
  /** The test that refused it: `grub-rescue-v86 › grub-rescue.spec.ts › walks the menu`. */
  test: z.string(),
});

/** `not run`: the run ended before it. */
const testStatus = z.enum(['passed', 'failed', 'skipped', 'not run']);

const runRecord = z.strictObject({
  /** Folder of the project (its configuration's), relative to the record. */
  project: z.string(),
  /** Every test of the run, by Playwright's id. */
  tests: z.array(z.strictObject({ id: z.string(), title: z.string(), file: z.string(), status: testStatus })),
  /** Whether the run came to its end: not interrupted, no time-out of the whole, no error outside of tests. */
  ended: z.boolean(),
  /** Goldens that tests looked at, relative to the project. */
  used: z.array(z.string()),
  pending: z.array(pendingRecord),
});

export type RunRecord = z.infer<typeof runRecord>;
export type PendingRecord = z.infer<typeof pendingRecord>;

export const RUN_RECORD = 'goldens.json';
/** Folder of the pictures, beside the record. */
export const PICTURES = 'goldens';

/** A file of a refused golden, by its path relative to the record. */
export type RecordFiles = ReadonlyMap<string, Uint8Array | string>;

/** Replaces the record and the pictures of the run before. The record goes last: it is what makes the pictures count. */
export function writeRunRecord(file: string, record: RunRecord, files: RecordFiles): void {
  const folder = dirname(file);
  rmSync(file, { force: true });
  rmSync(join(folder, PICTURES), { recursive: true, force: true });
  for (const [name, content] of files) replace(join(folder, name), content);
  replace(file, `${JSON.stringify(record, null, 2)}\n`);
}

function replace(file: string, content: Uint8Array | string): void {
  const beside = `${file}.${process.pid}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(beside, content);
  renameSync(beside, file);
}

/**
 * Reads what the last run in `folder` left; null when there is nothing.
 * @throws GuestwrightError `usage/golden-record-invalid`
 */
export function readRunRecord(file: string): RunRecord | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  const parsed = runRecord.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new GuestwrightError(`${file} is not what a run leaves`, {
    kind: 'usage',
    code: 'golden-record-invalid',
    seen: z.prettifyError(parsed.error),
    next: 'guestwright run, which writes it anew',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A path relative to a folder, with slashes everywhere. */
export function relativeTo(folder: string, file: string): string {
  return relative(folder, resolve(folder, file)).split(sep).join('/');
}
