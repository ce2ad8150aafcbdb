/** Differences that somebody has looked at and accepted for an image: a file of the project, to be committed with its goldens. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { GuestwrightError } from '../../sdk/errors.js';
import { isMissing } from '../../sdk/images/files.js';
import { GOLDEN_FOLDER } from '../goldens/paths.js';
import {
  isAnotherTime,
  type ComparedMachine,
  type ComparedStep,
  type CompareRules,
  type SeenDifference,
} from './compare.js';

export const acceptedEntry = z.strictObject({
  /** As it was given: `build/new.img`. */
  image: z.string(),
  /** The scenario's file, its test and the machine. */
  scenario: z.string(),
  test: z.string(),
  machine: z.string(),
  step: z.string(),
  /** Of the steps with this title, counted from 0. */
  occurrence: z.int().nonnegative(),
  kind: z.enum(['outcome', 'text', 'picture', 'serial', 'exitCode', 'time']),
  /** What the image showed: see `SeenDifference`. */
  seen: z.string(),
});
export type Accepted = z.infer<typeof acceptedEntry>;

const file = z.strictObject({ version: z.literal(1), accepted: z.array(acceptedEntry) });

/** Relative to the project's folder. */
export const ACCEPTED_FILE = path.join(GOLDEN_FOLDER, 'accepted-differences.json');

/** @throws GuestwrightError `usage/accepted-differences-invalid` */
export async function readAccepted(project: string): Promise<Accepted[]> {
  const name = path.join(project, ACCEPTED_FILE);
  let text: string;
  try {
    text = await readFile(name, 'utf8');
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
  const read = file.safeParse(parseJson(text));
  if (read.success) return read.data.accepted;
  throw new GuestwrightError(`${ACCEPTED_FILE} cannot be read`, {
    kind: 'usage',
    code: 'accepted-differences-invalid',
    expected: 'the file that guestwright compare --accept writes',
    seen: z.prettifyError(read.error),
    next: 'bring back an earlier version of it, or remove it and accept again',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Adds to what is there. What was accepted at the same place for the same image before is replaced. */
export async function addAccepted(project: string, added: readonly Accepted[]): Promise<void> {
  const kept = (await readAccepted(project)).filter((one) => !added.some((other) => placeOf(other) === placeOf(one)));
  const accepted = [...kept, ...added].sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
  const name = path.join(project, ACCEPTED_FILE);
  await mkdir(path.dirname(name), { recursive: true });
  await writeFile(`${name}.new`, `${JSON.stringify({ version: 1, accepted }, null, 2)}\n`);
  await rename(`${name}.new`, name);
}

function placeOf({ image, scenario, test, machine, step, occurrence, kind }: Accepted): string {
  return JSON.stringify([image, scenario, test, machine, step, occurrence, kind]);
}

/** What accepting a difference writes down. @param image the second of the two */
export function acceptedOf(
  image: string,
  { scenario, test, machine }: ComparedMachine,
  { title, occurrence }: ComparedStep,
  { difference, seen }: SeenDifference,
): Accepted {
  return { image, scenario, test, machine, step: title, occurrence, kind: difference.kind, seen };
}

/** Whether this was accepted. A time may differ from the accepted one as it may from any. */
export function isAccepted(
  wanted: Accepted,
  accepted: readonly Accepted[],
  rules: Pick<CompareRules, 'timeTolerance'>,
): boolean {
  const there = accepted.find((one) => placeOf(one) === placeOf(wanted));
  if (there === undefined) return false;
  if (wanted.kind === 'time') return !isAnotherTime(Number(there.seen), Number(wanted.seen), rules);
  return there.seen === wanted.seen;
}
