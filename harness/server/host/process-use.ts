/** What processes use of the host, as Linux tells it (proc(5)). Other systems do not: null. */
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessUse {
  /** Of its own and of what it has started, since each began. */
  cpuSeconds: number;
  residentBytes: number;
  /** How long the oldest has been there. */
  ageSeconds: number;
}

/** Of the times in `/proc/<pid>/stat`; the same wherever Linux shows them to programs (`USER_HZ`). */
const TICKS = 100;

/** Of a process and all that it has started, and those in turn. Null: it is not there, or nothing is told here. */
export function useOf(pid: number): ProcessUse | null {
  const own = readUse(pid);
  if (own === null) return null;
  return childrenOf(pid).reduce((sum, child) => {
    const use = useOf(child);
    if (use === null) return sum;
    return {
      cpuSeconds: sum.cpuSeconds + use.cpuSeconds,
      residentBytes: sum.residentBytes + use.residentBytes,
      ageSeconds: Math.max(sum.ageSeconds, use.ageSeconds),
    };
  }, own);
}

/** A process and all that it has started, and those in turn. */
export function treeOf(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(treeOf)];
}

function readUse(pid: number): ProcessUse | null {
  const stat = read(`/proc/${pid}/stat`);
  const uptime = Number(read('/proc/uptime')?.split(' ')[0]);
  if (stat === null || Number.isNaN(uptime)) return null;
  // The name, in brackets, may hold anything. What follows it begins with the third field.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system, started] = [11, 12, 19].map((at) => Number(fields[at]) / TICKS);
  if (user === undefined || system === undefined || started === undefined) return null;
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1] ?? '0';
  return { cpuSeconds: user + system, residentBytes: Number(resident) * 1024, ageSeconds: uptime - started };
}

/** Whichever of its threads has started them. */
function childrenOf(pid: number): number[] {
  let threads: string[];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
  return threads.flatMap((thread) =>
    (read(`/proc/${pid}/task/${thread}/children`) ?? '').split(' ').filter(Boolean).map(Number),
  );
}

/** Null: it has ended meanwhile, or there is no such file. */
function read(file: string): string | null {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return null;
  }
}
