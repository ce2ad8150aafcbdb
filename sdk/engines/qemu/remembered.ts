/** What was found out about this host and costs time to find out again: kept in the cache folder, beside the images. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { cacheFolder, writeWhole } from '../../images/files.js';

/**
 * Gives what is remembered under `key`, or finds it out and remembers it. The key has to name everything that the answer
 * depends on. A note that is damaged, or of another make, is no note; a cache that cannot be written is no error.
 * @param forget find out again
 */
export async function remembered<T>(
  key: readonly string[],
  shape: z.ZodType<T>,
  findOut: () => Promise<T>,
  forget = false,
): Promise<T> {
  const name = createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 24);
  const file = join(cacheFolder(), 'qemu', `${name}.json`);
  const note = forget ? null : await readNote(file);
  const known = shape.safeParse(note);
  if (known.success) return known.data;
  const answer = await findOut();
  try {
    await writeWhole(file, `${JSON.stringify(answer, null, 2)}\n`);
  } catch {
    // It is found out again next time.
  }
  return answer;
}

async function readNote(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return null;
  }
}
