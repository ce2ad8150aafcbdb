/** Power-cut sweeps: the public face. */
import type { GuestTime } from '../engines/engine.js';
import type { Machine, Snapshot } from '../machine/types.js';

/** Which writes the power is cut after: `every` one, `every 10th`. */
export type Which = 'every' | `every ${number}${'st' | 'nd' | 'rd' | 'th'}`;

export interface PowerCutOptions {
  /** What writes to the disk. It runs once, to its end. */
  step: (machine: Machine) => Promise<void>;
  /**
   * Where every fork begins: a snapshot of the same machine, of a system that has started and does not know the disk yet, so
   * that it finds what the cut has left of it.
   */
  recovery: Snapshot;
  /** Default: so many that there are about 50 cuts. */
  duringWrites?: Which;
  /** Index of the disk. Default: 0. */
  disk?: number;
  /** How many forks run at once. Default: one for each of the host's processors, 4 at most. */
  parallel?: number;
  /** Is told of every cut when it has been checked. */
  onCut?: (cut: PowerCut, progress: { done: number; all: number }) => void;
}

export interface PowerCut {
  /** So many writes of the step had reached the disk, each of them whole. */
  writes: number;
  /** Whether the check passed. */
  outcome: 'recovered' | 'failed';
  /** What the check failed of; null: it passed. */
  reason: string | null;
  /** Guest ms that the fork ran. */
  guestTime: GuestTime;
}

export interface PowerCutReport {
  /** Writes that the step made in all. */
  writes: number;
  /** In the order of their writes. */
  cuts: readonly PowerCut[];
  /** Those that did not recover. */
  failed: readonly PowerCut[];
}

/** Checks a fork that was cut: it throws when the fork does not recover. */
export type PowerCutCheck = (fork: Machine, cut: { writes: number }) => Promise<void>;
