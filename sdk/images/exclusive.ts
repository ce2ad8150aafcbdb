/** One process at a time: a lock file that names its holder, so that a dead holder's lock is recognised. */
import { randomUUID } from 'node:crypto';
import { watch } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname } from 'node:path';
import { z } from 'zod';
import { isMissing } from './files.js';

const holderNote = z.object({ pid: z.int().positive(), host: z.string(), token: z.string() });
type Holder = z.infer<typeof holderNote>;

/** A holder that was killed never says so: how often a waiter looks whether it is still alive, ms. */
const LIVENESS_MS = 500;

/**
 * Runs `work` while holding the lock file. It is an economy (nobody builds twice) and no guarantee: a cache on a
 * network disk may be shared by hosts that cannot see each other's processes, so what `work` does must be safe on
 * its own (unique folders, then a rename).
 *
 * @param onWait called once if another process holds the lock
 */
export async function exclusively<T>(file: string, work: () => Promise<T>, onWait?: () => void): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  const token = randomUUID();
  let told = false;
  while (!(await take(file, token))) {
    if (!told) onWait?.();
    told = true;
    await released(file);
  }
  try {
    return await work();
  } finally {
    if ((await holderOf(file))?.token === token) await rm(file, { force: true });
  }
}

/** Whether the lock was free, or its holder is dead, and it is ours now. */
async function take(file: string, token: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx');
    try {
      await handle.writeFile(JSON.stringify({ pid: process.pid, host: hostname(), token } satisfies Holder));
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const holder = await holderOf(file);
  if (holder === null || isAlive(holder)) return false;
  // Moving it aside is atomic: of several waiters one succeeds, the others find nothing to move.
  const aside = `${file}.stale-${token}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if (!isMissing(error)) throw error;
    return false;
  }
  await rm(aside, { force: true });
  return false;
}

/** Null: there is no lock, or it is being written at this moment. */
async function holderOf(file: string): Promise<Holder | null> {
  try {
    return holderNote.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError || error instanceof z.ZodError) return null;
    throw error;
  }
}

function isAlive({ pid, host }: Holder): boolean {
  return host !== hostname() || processExists(pid);
}

export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there and belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Resolves when the lock file changes or goes, and now and then, for the caller to look again. */
function released(file: string): Promise<void> {
  return new Promise((resolve) => {
    const name = basename(file);
    const timer = setTimeout(finish, LIVENESS_MS);
    const watcher = watch(dirname(file), (_event, changed) => {
      if (changed === null || changed === name) finish();
    });
    watcher.on('error', finish);
    function finish() {
      clearTimeout(timer);
      watcher.close();
      resolve();
    }
  });
}
