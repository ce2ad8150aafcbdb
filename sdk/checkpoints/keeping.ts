/** Whether the checkpoints of a machine can be kept. */
import type { GuestMachine } from '../machine/machine.js';
import type { Machine } from '../machine/types.js';
import type { KeptState } from '../machine/machine.js';

export type Keeping =
  /** By their states, in the store. */
  | { kind: 'states' }
  /** What was done before is answered from the store anyway. */
  | { kind: 'memoised' }
  | { kind: 'none'; why: string };

export function decideKeeping({ memoised, spec, capabilities }: Machine): Keeping {
  if (memoised !== null) return { kind: 'memoised' };
  if (spec.record === true) return { kind: 'none', why: 'a machine that is recorded runs from its start' };
  if (!capabilities.snapshots) return { kind: 'none', why: 'its engine takes no snapshots' };
  // What is in it at the start is no part of the machine's identity.
  if (spec.disks.some(({ overlay }) => overlay !== undefined)) {
    return { kind: 'none', why: 'what an `overlay` holds is not known to be the same in another run' };
  }
  return { kind: 'states' };
}

/** Why the machine cannot be saved at the end of a checkpoint; null: it can. */
export function obstacleTo({ state }: Machine): string | null {
  return state === 'crashed' || state === 'disposed' ? `the machine is ${state} at its end` : null;
}

/** Why a state that was saved could not be brought back in another run; null: it can. */
export function obstacleIn({ media }: KeptState, { spec }: GuestMachine): string | null {
  const drives = [
    ['floppy0', media.floppy, spec.floppy],
    ['cdrom0', media.cdrom, spec.cdrom],
  ] as const;
  const other = drives.find(([, now, first]) => typeof now === 'string' && now !== first);
  return other === undefined
    ? null
    : `${other[0]} holds a medium that is not there when the machine starts: take it out before the checkpoint ends`;
}
