/** What keeps a QEMU machine's guest time. The machine asks one of these, and never which of them it has. */
import type { ClockKind, GuestTime } from '../engine.js';
import type { RecordedMark } from '../recorded-run.js';
import type { QmpClient } from './qmp.js';
import type { Signal } from './signal.js';

export interface QemuClock {
  readonly kind: ClockKind;
  /** Whether the machine stands but for the stretches in which something waits: every one of them ends in a stop. */
  readonly stands: boolean;
  /** A processor whose instructions are counted stops where it asks for a reset. */
  readonly countsInstructions: boolean;
  /** Whole milliseconds. */
  readonly now: GuestTime;
  /** Whether time passes; where the machine stands, whether it may. */
  readonly running: boolean;
  start(): void;
  stop(): void;
  /** After a revert: the time of the snapshot. */
  set(time: GuestTime): void;
  /** Another process of QEMU's is about to run: what was read of the last one means nothing to it. */
  forgetProcess(): void;
  /** Lets the guest run, at once or as soon as something waits, and starts the clock. */
  release(qmp: QmpClient): Promise<void>;
  /** Does something that QEMU does of a running machine only. */
  during<T>(qmp: QmpClient, work: () => Promise<T>): Promise<T>;
  /**
   * Does something that belongs to one instant of a recorded run; what it gives goes into that instant's mark. Of other
   * machines it is just done.
   */
  hold(qmp: QmpClient, work: () => Promise<Noted>): Promise<void>;
  /** Waits. @returns QEMU's status if the guest ran for this and stands again; null otherwise */
  pass(wait: ClockWait): Promise<string | null>;
}

/** What is noted of an instant. */
export type Noted = Pick<RecordedMark, 'frame' | 'memory'>;

export interface ClockWait {
  /** Guest time at which there is something to look at. */
  until: GuestTime;
  /** Guest time at which the wait is over. */
  limit: GuestTime;
  /** Ends it sooner. */
  signal: Signal;
  /** Carries out `run` when it is this wait's turn and the guest can run, and only then. */
  turn: (run: (qmp: QmpClient) => Promise<string>) => Promise<string | null>;
  /** Whether a guest that is asleep may have stopped its processors for good. */
  mayHaveStopped: (qmp: QmpClient) => Promise<boolean>;
}
