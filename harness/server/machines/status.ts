/**
 * What is true of a machine: `status.json` in its folder, written by whoever holds its lease. A process that was killed
 * leaves what it was about to do; {@link trueStatus} decides what has come of it.
 */
import { z } from 'zod';

/** Virtual Server's states, as far as there is something to them, and `crashed`: the guest is dead, its last screen still there. */
export const MACHINE_STATES = [
  'turned-off',
  'saved',
  'turning-on',
  'restoring',
  'running',
  'paused',
  'saving',
  'turning-off',
  'crashed',
  'merging-disks',
] as const;
export type HostedState = (typeof MACHINE_STATES)[number];

/** Of a guest with an agent. `none`: nobody has answered since the guest was switched on or reset, or nobody asks. */
export const HEARTBEATS = ['none', 'ok', 'stopped'] as const;
export type HeartbeatState = (typeof HEARTBEATS)[number];

const failure = z.object({
  kind: z.enum(['assertion', 'guest', 'infrastructure', 'usage', 'unstable']),
  code: z.string(),
  message: z.string(),
});

export const statusSchema = z.strictObject({
  version: z.literal(1),
  state: z.enum(MACHINE_STATES),
  since: z.iso.datetime(),
  /** Snapshot that its state descends from. */
  current: z.uuid().nullable(),
  /** Why it is as it is, for people. */
  detail: z.string().nullable(),
  /** What its last start or its end failed of. */
  failure: failure.nullable(),
  /**
   * v86: what its disks hold has been written beside them, in the run folder, and is theirs now: whoever finds this moves
   * it there.
   */
  disksWritten: z.boolean(),
});
export type MachineStatus = z.output<typeof statusSchema>;

export function freshStatus(now: Date): MachineStatus {
  return {
    version: 1,
    state: 'turned-off',
    since: now.toISOString(),
    current: null,
    detail: null,
    failure: null,
    disksWritten: false,
  };
}

/** What lies in the folder of a machine that nobody runs. */
export interface Leftovers {
  status: MachineStatus;
  /** A saved state is there, whole. */
  savedState: boolean;
  /** What the machine did since it was switched on or restored was written down: it can be done again, exactly. */
  journal: boolean;
}

export type Truth =
  /** It is as its status says. */
  | { outcome: 'as-said' }
  /** It was stopped by a kill and is off: its disks are as after a power cut. */
  | { outcome: 'turned-off'; was: HostedState }
  | { outcome: 'saved'; was: HostedState }
  /** It can be run again from its journal to where it was. */
  | { outcome: 'rebuild'; was: HostedState };

/** Of a machine whose lease nobody holds. */
export function trueStatus({ status: { state }, savedState, journal }: Leftovers): Truth {
  switch (state) {
    case 'turned-off':
      return { outcome: 'as-said' };
    case 'merging-disks':
      // Its disks read as before, however far that was.
      return { outcome: 'turned-off', was: state };
    case 'saved':
      return savedState ? { outcome: 'as-said' } : { outcome: 'turned-off', was: state };
    case 'restoring':
    case 'saving':
      // The saved state appears whole or not at all, and goes only when the machine runs.
      if (savedState) return { outcome: 'saved', was: state };
      return journal ? { outcome: 'rebuild', was: state } : { outcome: 'turned-off', was: state };
    case 'turning-on':
    case 'running':
    case 'paused':
    case 'crashed':
    case 'turning-off':
      return journal ? { outcome: 'rebuild', was: state } : { outcome: 'turned-off', was: state };
  }
}
