/** Linux's control groups for processors: where this host's are, and groups in it. Both versions are in use. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { treeOf } from '../process-use.js';

export interface GroupRoot {
  version: 1 | 2;
  /** Folder in which groups can be made. */
  path: string;
}

export interface GroupLimits {
  /** 1 to 10,000; 100 is what everything has that nobody sets. */
  weight: number;
  /** Percent of all of the host's processors; null: as much as there is. */
  cap: number | null;
}

/** µs over which a cap is kept. */
const PERIOD = 100_000;
/** Version 1: what everything has that nobody sets, and the least. */
const SHARES = 1024;
const LEAST_SHARES = 2;

/** Null: this host has none that this user may change. */
export function groupRoot(): GroupRoot | null {
  return candidates().find(isUsable) ?? null;
}

/** Own groups first; where processes are in it, version 2 allows none below it, and they are made beside. */
function candidates(): GroupRoot[] {
  const lines = (readText('/proc/self/cgroup') ?? '').split('\n').map((line) => line.split(':'));
  const own2 = lines.find(([id, controllers]) => id === '0' && controllers === '')?.[2];
  const own1 = lines.find(([, controllers]) => controllers?.split(',').includes('cpu'))?.[2];
  const mount = '/sys/fs/cgroup';
  return [
    ...(own2 === undefined
      ? []
      : [join(mount, own2), join(mount, dirname(own2))].map((path) => ({ version: 2 as const, path }))),
    ...(own1 === undefined ? [] : [{ version: 1 as const, path: join(mount, 'cpu', own1) }]),
  ];
}

function isUsable({ version, path }: GroupRoot): boolean {
  if (version === 2 && !(readText(join(path, 'cgroup.subtree_control')) ?? '').split(/\s+/).includes('cpu'))
    return false;
  const probe = join(path, `guestwright-probe-${process.pid}`);
  try {
    mkdirSync(probe);
  } catch {
    return false;
  }
  const has = existsSync(join(probe, version === 2 ? 'cpu.max' : 'cpu.shares'));
  rmdirSync(probe);
  return has;
}

/** Puts a process and all that it has started, and what they will start, into a group with these limits. */
export function confine(root: GroupRoot, group: string, pid: number, limits: GroupLimits): void {
  const path = join(root.path, group);
  mkdirSync(path, { recursive: true });
  const quota = limits.cap === null ? null : Math.round((limits.cap / 100) * availableParallelism() * PERIOD);
  if (root.version === 2) {
    writeFileSync(join(path, 'cpu.weight'), `${limits.weight}`);
    writeFileSync(join(path, 'cpu.max'), `${quota ?? 'max'} ${PERIOD}`);
  } else {
    const shares = Math.max(LEAST_SHARES, Math.round((limits.weight * SHARES) / 100));
    writeFileSync(join(path, 'cpu.shares'), `${shares}`);
    writeFileSync(join(path, 'cpu.cfs_period_us'), `${PERIOD}`);
    writeFileSync(join(path, 'cpu.cfs_quota_us'), `${quota ?? -1}`);
  }
  // Itself first: what it starts from then on is in the group as well, and what it has started before is found.
  enter(path, pid);
  for (const one of treeOf(pid)) enter(path, one);
}

function enter(path: string, pid: number): void {
  try {
    writeFileSync(join(path, 'cgroup.procs'), `${pid}`);
  } catch (error) {
    // It has ended meanwhile.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Removes groups whose names begin so and that nobody is in. */
export function removeEmpty(root: GroupRoot, prefix: string): void {
  for (const name of readdirSync(root.path)) {
    if (!name.startsWith(prefix)) continue;
    try {
      rmdirSync(join(root.path, name));
    } catch (error) {
      // Somebody is in it, or another has just removed it.
      if (!(error instanceof Error && 'code' in error && (error.code === 'EBUSY' || error.code === 'ENOENT')))
        throw error;
    }
  }
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
