/** What was found out about this host and costs time to find out again: kept in the cache folder, beside the images. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { cacheFolder, writeWhole } from '../../images/files.js';

export interface Memory<T> {
  /** Everything that the answer depends on. */
  key: readonly string[];
  shape: z.ZodType<T>;
  findOut: () => Promise<T>;
  /** Whether an answer that is remembered still counts; default: yes. */
  holds?: (answer: T) => boolean | Promise<boolean>;
  /** Whether an answer is worth remembering; default: yes. */
  keep?: (answer: T) => boolean;
}

/**
 * Gives what is remembered under the key, or finds it out and remembers it. A note that is damaged, or of another make,
 * is no note; a cache that cannot be written is no error.
 */
export async function remembered<T>({ key, shape, findOut, holds, keep }: Memory<T>): Promise<T> {
  const name = createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 24);
  const file = join(cacheFolder(), 'qemu', `${name}.json`);
  const known = shape.safeParse(await readNote(file));
  if (known.success && (holds === undefined || (await holds(known.data)))) return known.data;
  const answer = await findOut();
  if (keep !== undefined && !keep(answer)) return answer;
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
