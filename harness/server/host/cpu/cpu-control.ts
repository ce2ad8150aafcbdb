/** How much of the host's processors each machine gets: by control groups, else by niceness; what cannot be kept is refused. */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { setPriority } from 'node:os';
import { GuestwrightError } from '../../../../sdk/errors.js';
import type { CpuSettings } from '../../machines/config.js';
import { treeOf } from '../process-use.js';
import { confine, groupRoot, removeEmpty, type GroupRoot } from './control-groups.js';

export type CpuMechanism = 'cgroup' | 'niceness';

/** A machine that counts: it runs, or is being started. Percent of all of the host's processors. */
export interface CpuReservation {
  name: string;
  percent: number;
}

/** Each step of niceness changes what a process gets by a quarter (sched(7)). */
const STEP = 1.25;
const NICEST = 19;

/** What the names of a host's groups begin with. @param folder the host's: several on one machine have groups of their own */
export function groupPrefix(folder: string): string {
  return `guestwright-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}-`;
}

export class CpuControl {
  readonly #root: GroupRoot | null;
  readonly #prefix: string;

  /** @param folder the host's */
  constructor(folder: string, root: GroupRoot | null = groupRoot()) {
    this.#root = root;
    this.#prefix = groupPrefix(folder);
    this.sweep();
  }

  get mechanism(): CpuMechanism {
    return this.#root === null ? 'niceness' : 'cgroup';
  }

  /** @throws GuestwrightError `usage/cpu-cap-unsupported` */
  assertCan(name: string, { cap }: CpuSettings): void {
    if (cap === null || this.#root !== null) return;
    throw new GuestwrightError(`The processor cap of ${name} cannot be kept on this host`, {
      kind: 'usage',
      code: 'cpu-cap-unsupported',
      expected: "control groups with the controller 'cpu' that this user may change",
      seen: 'none: weights are kept by niceness here, which knows no upper limit',
      next: 'run the daemon as a service with Delegate=cpu (systemd), or leave the cap out',
    });
  }

  /** @param id the machine's, whatever it is called */
  apply(id: string, pid: number, { weight, cap }: CpuSettings): void {
    if (this.#root !== null) {
      confine(this.#root, `${this.#prefix}${id}`, pid, { weight, cap });
      return;
    }
    const nice = Math.min(NICEST, Math.max(0, Math.round(-Math.log(weight / 100) / Math.log(STEP))));
    for (const one of treeOf(pid)) for (const thread of threadsOf(one)) becomeNice(thread, nice);
  }

  /** Groups that nobody is in any more. */
  sweep(): void {
    if (this.#root !== null) removeEmpty(this.#root, this.#prefix);
  }
}

/**
 * Decides and nothing else. A reservation is a promise that the host does not make to more than it has; under load what
 * each machine gets is by its weight.
 * @throws GuestwrightError `usage/cpu-reservation`, with the numbers
 */
export function assertReservable(asked: CpuReservation, using: readonly CpuReservation[]): void {
  const used = using.reduce((sum, { percent }) => sum + percent, 0);
  if (asked.percent === 0 || used + asked.percent <= 100) return;
  throw new GuestwrightError(`${asked.name} reserves more of the processors than is left`, {
    kind: 'usage',
    code: 'cpu-reservation',
    expected: `${Math.max(0, 100 - used)} % at most`,
    seen: `${asked.percent} %; reserved: ${using.map(({ name, percent }) => `${name} ${percent} %`).join(', ') || 'nothing'}`,
    next: 'save or power off another machine, or reserve less',
  });
}

function threadsOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [];
  }
}

function becomeNice(thread: number, nice: number): void {
  try {
    setPriority(thread, nice);
  } catch (error) {
    // It has ended meanwhile, or is nicer already and may not be less so.
    const { code } = (error as { info?: { code?: string } }).info ?? {};
    if (code !== 'ESRCH' && code !== 'EACCES' && code !== 'EPERM') throw error;
  }
}
