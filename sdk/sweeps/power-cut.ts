/**
 * Fault sweeps: one step is run, and its power is cut in many places. The step runs only once: what is on its disk after each of its
 * writes is known then, and every cut is a fork of a machine that finds its disk like that.
 *
 * A write is what the guest's driver gives its controller as one transfer; it reaches the disk whole, and in the order in which it was
 * given. A disk that loses or reorders what is in its cache when the power goes is not imitated.
 */
import { availableParallelism } from 'node:os';
import type { DiskWrites } from '../engines/engine.js';
import { GuestwrightError } from '../errors.js';
import { GuestMachine } from '../machine/machine.js';
import type { Machine } from '../machine/types.js';
import { chooseCuts } from './choose-cuts.js';
import { diskAfter } from './disk-after.js';
import type { PowerCut, PowerCutCheck, PowerCutOptions, PowerCutReport, Which } from './types.js';

const MOST_AT_ONCE = 4;

/**
 * Cuts the power of a machine's disk after writes that a step makes, and checks for each cut that a system recovers from it.
 * The machine itself runs the step to its end and goes on from there.
 *
 * @returns which cuts recovered; it is for the caller to say which have to
 * @throws GuestwrightError `usage/sweep-writes-invalid`, `usage/sweep-without-cuts`, `usage/writes-unsupported`,
 * `usage/snapshot-of-another-machine`, `usage/disk-missing`, what the step throws, and what is wrong with the host
 */
export async function powerCut(
  machine: Machine,
  options: PowerCutOptions,
  check: PowerCutCheck,
): Promise<PowerCutReport> {
  const { step, recovery, duringWrites, disk = 0, onCut } = options;
  if (chooseCuts(duringWrites, 0).outcome === 'invalid') throw invalidChoice(duringWrites);
  const guest = guestMachine(machine);
  await guest.beginWrites(disk);
  await step(machine);
  const writes = await guest.endWrites();
  const after = cutsOf(duringWrites, writes.writes.length);
  const cuts = new Map<number, PowerCut>();
  const left = after.values();
  let failed = false;
  const run = async (): Promise<void> => {
    for (const count of left) {
      if (failed) return;
      const cut = await checked(guest, { count, writes, disk, recovery }, check).catch((error: unknown) => {
        failed = true;
        throw error;
      });
      cuts.set(count, cut);
      onCut?.(cut, { done: cuts.size, all: after.length });
    }
  };
  const { parallel = Math.min(MOST_AT_ONCE, availableParallelism()) } = options;
  const runs = await Promise.allSettled(Array.from({ length: Math.max(1, parallel) }, run));
  for (const one of runs) if (one.status === 'rejected') throw one.reason;
  const inOrder = after.flatMap((count) => cuts.get(count) ?? []);
  return {
    writes: writes.writes.length,
    cuts: inOrder,
    failed: inOrder.filter(({ outcome }) => outcome === 'failed'),
  };
}

function guestMachine(machine: Machine): GuestMachine {
  if (machine instanceof GuestMachine) return machine;
  throw new GuestwrightError('A sweep cannot watch this machine', {
    kind: 'usage',
    code: 'sweep-machine',
    expected: 'a machine that launch() or a fixture gave',
    seen: 'another object',
    next: 'give it the fixture `machine` itself',
  });
}

function cutsOf(duringWrites: Which | undefined, writes: number): number[] {
  const choice = chooseCuts(duringWrites, writes);
  switch (choice.outcome) {
    case 'cuts':
      return choice.after;
    case 'invalid':
      throw invalidChoice(duringWrites);
    case 'none':
      throw new GuestwrightError('The step makes too few writes to cut the power after any of them', {
        kind: 'usage',
        code: 'sweep-without-cuts',
        expected: `a step that writes to the disk ${choice.every === 1 ? '' : `at least ${choice.every} times`}`.trim(),
        seen: writes === 0 ? 'no write reached the disk' : `${writes} writes reached the disk`,
        next: 'end the step with `sync` in the guest: what is only in its memory reaches no disk; or look at `disk`, the index of the disk',
      });
  }
}

async function checked(
  machine: GuestMachine,
  {
    count,
    writes,
    disk,
    recovery,
  }: { count: number; writes: DiskWrites; disk: number; recovery: PowerCutOptions['recovery'] },
  check: PowerCutCheck,
): Promise<PowerCut> {
  const name = `${machine.name} after write ${count}`;
  const disks = new Map([[disk, diskAfter(writes, count)]]);
  await using fork = await machine.fork(recovery, { name, disks, quiet: true });
  const reason = await check(fork, { writes: count }).then(() => null, reasonOf);
  const outcome = reason === null ? 'recovered' : 'failed';
  return { writes: count, outcome, reason, guestTime: fork.clock.now - recovery.time };
}

/** @throws what says nothing about the guest */
function reasonOf(error: unknown): string {
  const isAboutGuest =
    !(error instanceof GuestwrightError) || !['infrastructure', 'usage'].includes(error.failure.kind);
  if (!isAboutGuest) throw error;
  return error instanceof Error ? error.message : String(error);
}

function invalidChoice(seen: unknown): GuestwrightError {
  return new GuestwrightError('A sweep cannot cut the power after such writes', {
    kind: 'usage',
    code: 'sweep-writes-invalid',
    expected: "`duringWrites: 'every'`, or 'every 10th' and the like",
    seen: JSON.stringify(seen),
    next: 'correct it, or leave it out for about 50 cuts',
  });
}
