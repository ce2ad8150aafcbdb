/** Keeps the store at its size: scenarios that run put into it what they did. */
import { collectGarbage, SnapshotStore, storeBytes } from '../../../sdk/snapshots/index.js';
import { parseSize } from '../store.js';

/** Bytes. */
const DEFAULT_LIMIT = 10e9;
/** How large the store may be: `2GB`. */
export const LIMIT_VARIABLE = 'GUESTWRIGHT_STORE_LIMIT';

/** Evicts what was not used for longest, down to the limit; what cannot be done is no failure of the run, but said. */
export async function trimStore(say: (line: string) => void): Promise<void> {
  const given = process.env[LIMIT_VARIABLE];
  const limit = given === undefined ? DEFAULT_LIMIT : sizeIn(given);
  if (limit === null) {
    say(`The store was not trimmed: ${LIMIT_VARIABLE} is to be a size such as 500MB or 2GB, and is "${given}".`);
    return;
  }
  try {
    const store = new SnapshotStore();
    if ((await storeBytes(store)) <= limit) return;
    const { overLimit } = await collectGarbage(store, limit);
    if (overLimit) say(`The store is over its limit (${LIMIT_VARIABLE}): what is left has a name or is in use.`);
  } catch (error) {
    say(`The store was not trimmed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function sizeIn(text: string): number | null {
  try {
    return parseSize(text);
  } catch {
    return null;
  }
}
