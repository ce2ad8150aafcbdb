/** What Guestwright's reporter leaves about a run, for the exit code. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** The part of the reporter's `Summary` that decides the exit code. */
const summarySchema = z.object({
  exitCodeHint: z.union([z.literal(0), z.literal(1), z.literal(3)]),
  errors: z.array(z.string()),
});

export type RunSummary = z.output<typeof summarySchema>;

/** Tells the reporter where to write it besides, wherever the configuration lies. */
export const SUMMARY_VARIABLE = 'GUESTWRIGHT_SUMMARY';

export function summaryFile(folder: string): string {
  return join(folder, 'reports', 'summary.json');
}

/** An older run's summary must never speak for this one. */
export async function removeSummary(file: string): Promise<void> {
  await rm(file, { force: true });
}

/** `null`: the reporter did not run (`--list`, wrong arguments, a crash). */
export async function readSummary(file: string): Promise<RunSummary | null> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  });
  return text === null ? null : summarySchema.parse(JSON.parse(text));
}
