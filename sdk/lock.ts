/**
 * One process at a time: a lock that names its holder, so that a dead holder's lock is recognised.
 *
 * It is a symbolic link whose target is the holder's note: made whole or not at all, in one step. A file that is created
 * and then written is empty for good if its writer is killed in between, and nobody could tell whose it was.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync, watch } from 'node:fs';
import { mkdir, readlink, rm, symlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname } from 'node:path';
import { z } from 'zod';
import { isMissing } from './images/files.js';

const holderNote = z.object({
  pid: z.int().positive(),
  host: z.string(),
  token: z.string().regex(/^[\w-]+$/),
  /** See {@link processMark}. */
  mark: z.string().nullable(),
});
/** Who holds a lock. */
export type Holder = z.infer<typeof holderNote>;

/** A holder that was killed never says so: how often a waiter looks whether it is still alive, ms. */
const LIVENESS_MS = 500;

/**
 * Runs `work` while holding the lock. It is an economy (nobody builds twice) and no guarantee: a cache on a
 * network disk may be shared by hosts that cannot see each other's processes, so what `work` does must be safe on
 * its own (unique folders, then a rename).
 *
 * @param onWait called once if another process holds the lock
 */
export async function exclusively<T>(file: string, work: () => Promise<T>, onWait?: () => void): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  const token = randomUUID();
  let told = false;
  for (let taken = await take(file, token); taken !== 'ours'; taken = await take(file, token)) {
    if (taken === 'broken') continue;
    if (!told) onWait?.();
    told = true;
    await changed(file);
  }
  try {
    return await work();
  } finally {
    await giveBack(file, token);
  }
}

/**
 * Takes a lock that is free, or whose holder is dead, and waits for nobody.
 * @returns what gives it back; or who holds it (null: somebody who is just taking it)
 */
export async function tryLock(file: string): Promise<(() => Promise<void>) | { heldBy: Holder | null }> {
  await mkdir(dirname(file), { recursive: true });
  const token = randomUUID();
  let taken = await take(file, token);
  while (taken === 'broken') taken = await take(file, token);
  if (taken === 'ours') return async () => await giveBack(file, token);
  const holder = await holderOf(file);
  return { heldBy: holder === 'unreadable' ? null : holder };
}

/** Who holds a lock and is alive; null: nobody. */
export async function lockHolder(file: string): Promise<Holder | null> {
  const found = await holderOf(file);
  return found === null || found === 'unreadable' || isDead(found) ? null : found;
}

/** Resolves when nobody alive holds a lock. */
export async function lockReleased(file: string): Promise<void> {
  while ((await lockHolder(file)) !== null) await changed(file);
}

async function giveBack(file: string, token: string): Promise<void> {
  const now = await holderOf(file);
  if (now !== null && tokenOf(now) === token) await rm(file, { force: true });
}

/** Broken: its holder was dead, and it is gone now, for the caller to try again. */
async function take(file: string, token: string): Promise<'ours' | 'held' | 'broken'> {
  if (await made(file, token)) return 'ours';
  const found = await holderOf(file);
  if (found === null) return 'broken';
  return isDead(found) && (await breakLock(file, token, found)) ? 'broken' : 'held';
}

/** Whether there was none. */
async function made(file: string, token: string): Promise<boolean> {
  try {
    const note: Holder = { pid: process.pid, host: hostname(), token, mark: processMark(process.pid) };
    await symlink(JSON.stringify(note), file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Of several waiters that see the same dead holder only one may remove its lock: the others could remove the lock that
 * the first has taken meanwhile. So breaking one is guarded by a lock as well, named for the dead holder.
 *
 * @returns whether nobody else is about to break it
 */
async function breakLock(file: string, token: string, dead: Found): Promise<boolean> {
  const guard = `${file}.broken-${dead === 'unreadable' ? dead : dead.token}`;
  if (!(await made(guard, token))) {
    const breaker = await holderOf(guard);
    if (breaker === null || !isDead(breaker)) return false;
    await rm(guard, { force: true });
    return true;
  }
  try {
    const now = await holderOf(file);
    if (now !== null && tokenOf(now) === tokenOf(dead)) await rm(file, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
  return true;
}

/** Unreadable: something that is no lock of ours stands there, which nobody will ever release. */
type Found = Holder | 'unreadable';

const tokenOf = (found: Found): string => (found === 'unreadable' ? found : found.token);

/** Null: there is no lock. */
async function holderOf(file: string): Promise<Found | null> {
  try {
    return holderNote.parse(JSON.parse(await readlink(file)));
  } catch (error) {
    if (isMissing(error)) return null;
    const isNoLink = error instanceof Error && 'code' in error && error.code === 'EINVAL';
    if (isNoLink || error instanceof SyntaxError || error instanceof z.ZodError) return 'unreadable';
    throw error;
  }
}

function isDead(found: Found): boolean {
  if (found === 'unreadable') return true;
  if (found.host !== hostname()) return false;
  return !processExists(found.pid) || (found.mark !== null && processMark(found.pid) !== found.mark);
}

/**
 * Tells a process from a later one that was given the same number: the boot of the host, and the clock ticks from there to
 * the process's start (proc(5)); `ended` for one that only waits to be forgotten. Null where the system does not tell.
 */
export function processMark(pid: number): string | null {
  try {
    // The name, in brackets, may hold anything; the start is the twentieth field after it.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // It has ended, and its parent has not asked yet how.
    if (state === 'Z' || state === 'X') return 'ended';
    const started = fields[18];
    return started === undefined
      ? null
      : `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()}:${started}`;
  } catch {
    return null;
  }
}

export function processExists(pid: number): boolean {
  if (processMark(pid) === 'ended') return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there and belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Resolves when a file is made, changes or goes, and now and then, for the caller to look again. Its folder is there. */
export function changed(file: string): Promise<void> {
  return new Promise((resolve) => {
    const name = basename(file);
    const timer = setTimeout(finish, LIVENESS_MS);
    const watcher = watch(dirname(file), (_event, which) => {
      if (which === null || which === name) finish();
    });
    watcher.on('error', finish);
    function finish() {
      clearTimeout(timer);
      watcher.close();
      resolve();
    }
  });
}
