/** The journal of a saved state, as a file beside it in the store: what was done to the machine, by which its timelines are found. */
import { z } from 'zod';
import type { PathEntry } from '../engines/engine.js';

/** Its name among the files of a snapshot. */
export const JOURNAL_FILE = 'journal';

const journal = z.strictObject({
  version: z.literal(1),
  entries: z.array(
    z.strictObject({
      key: z.string().regex(/^[0-9a-f]{64}$/, 'a lower-case hex SHA-256'),
      at: z.number().nonnegative(),
      /** Only shown: nothing is done with it. Null: the beginning, or a secret. */
      input: z.looseObject({ kind: z.string() }).nullable(),
    }),
  ),
}) satisfies z.ZodType<{ version: 1; entries: PathEntry[] }>;

export function encodeJournal(entries: readonly PathEntry[]): string {
  return `${JSON.stringify({ version: 1, entries })}\n`;
}

export type ReadJournal = { outcome: 'read'; entries: PathEntry[] } | { outcome: 'damaged'; what: string };

export function decodeJournal(text: string): ReadJournal {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { outcome: 'damaged', what: error instanceof Error ? error.message : String(error) };
  }
  const read = journal.safeParse(json);
  return read.success
    ? { outcome: 'read', entries: read.data.entries }
    : { outcome: 'damaged', what: z.prettifyError(read.error) };
}
