/** Who uses a snapshot at the moment: a small file for each, which names its process. What is in use is not evicted. */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { processExists } from '../lock.js';
import { isMissing } from '../images/files.js';

const holder = z.object({ key: z.string(), pid: z.int().positive(), host: z.string() });

export interface Lease extends AsyncDisposable {
  key: string;
}

/** @param folder of all leases */
export async function takeLease(folder: string, key: string): Promise<Lease> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${randomUUID()}.json`);
  await writeFile(path, JSON.stringify({ key, pid: process.pid, host: hostname() }));
  return { key, [Symbol.asyncDispose]: async () => await rm(path, { force: true }) };
}

/** Keys that are in use. Leases of processes that have died are removed. */
export async function keysInUse(folder: string): Promise<Set<string>> {
  const keys = new Set<string>();
  for (const name of await namesIn(folder)) {
    const path = join(folder, name);
    const lease = await readLease(path);
    if (lease === null) continue;
    if (lease.host !== hostname() || processExists(lease.pid)) keys.add(lease.key);
    else await rm(path, { force: true });
  }
  return keys;
}

/** Null: it has gone meanwhile, or is being written. */
async function readLease(path: string): Promise<z.output<typeof holder> | null> {
  try {
    return holder.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError || error instanceof z.ZodError) return null;
    throw error;
  }
}

/** Empty where there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
