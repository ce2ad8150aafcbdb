/** The processes of mounts: they outlive the command that started them, and are told from later ones of their number. */
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { processMark } from '../../lock.js';

export const processNote = z.object({ pid: z.int().positive(), mark: z.string() });
export type ProcessNote = z.infer<typeof processNote>;

/** Null: it has ended already. */
export function noteOf(pid: number): ProcessNote | null {
  const mark = processMark(pid);
  return mark === null ? null : { pid, mark };
}

/** One that has ended and that nobody has asked about yet does not count. */
export function isAlive({ pid, mark }: ProcessNote): boolean {
  if (processMark(pid) !== mark) return false;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !['Z', 'X'].includes(stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3));
  } catch {
    return false;
  }
}

export function sendSignal(note: ProcessNote, signal: NodeJS.Signals): void {
  if (!isAlive(note)) return;
  try {
    process.kill(note.pid, signal);
  } catch (error) {
    // It has just ended.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** How often is looked whether something of the system's has come true that it tells nobody of, ms. */
const LOOK_MS = 5;

/** @returns whether `isTrue` within `timeout` ms */
export async function comesTrue(isTrue: () => boolean, timeout: number): Promise<boolean> {
  const end = performance.now() + timeout;
  while (!isTrue()) {
    if (performance.now() > end) return false;
    await delay(LOOK_MS);
  }
  return true;
}

/** Whose child it is not, nobody tells that a process has ended. */
export async function hasEnded(note: ProcessNote, timeout: number): Promise<boolean> {
  return await comesTrue(() => !isAlive(note), timeout);
}

/** Whether something is mounted exactly there. @param path absolute, without links */
export function isMounted(path: string): boolean {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .some(
      (line) =>
        (line.split(' ')[4] ?? '').replace(/\\([0-7]{3})/g, (_, octal: string) =>
          String.fromCharCode(parseInt(octal, 8)),
        ) === path,
    );
}

export interface Opener {
  pid: number;
  /** Its program. */
  name: string;
  writes: boolean;
}

/** The other processes that have a file open, as far as this user may see them. */
export function openersOf({ dev, ino }: { dev: number; ino: number }): Opener[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .flatMap((entry) => {
      const descriptors = attempt(() => readdirSync(`/proc/${entry}/fd`)) ?? [];
      const open = descriptors.filter((fd) => {
        const path = `/proc/${entry}/fd/${fd}`;
        // Only what has a name is followed: a look at a pipe or a socket tells nothing.
        if (attempt(() => readlinkSync(path))?.startsWith('/') !== true) return false;
        const found = attempt(() => statSync(path));
        return found?.dev === dev && found.ino === ino;
      });
      if (open.length === 0) return [];
      const name = attempt(() => readFileSync(`/proc/${entry}/comm`, 'utf8').trim()) ?? '';
      return [{ pid: Number(entry), name, writes: open.some((fd) => isForWriting(entry, fd)) }];
    });
}

function isForWriting(pid: string, fd: string): boolean {
  const flags = /^flags:\s*([0-7]+)/m.exec(attempt(() => readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8')) ?? '')?.[1];
  return flags !== undefined && (parseInt(flags, 8) & 3) !== 0;
}

/** Processes end, and others belong to somebody else. */
function attempt<T>(look: () => T): T | null {
  try {
    return look();
  } catch {
    return null;
  }
}
