/** Guest time of a machine that runs by itself: wall time since its start, without the times at which it stood still. */
import type { GuestTime } from '../engine.js';
import type { ClockWait, Noted, QemuClock } from './qemu-clock.js';
import { nothing, type QmpClient } from './qmp.js';

export class GuestClock implements QemuClock {
  readonly kind = 'free';
  readonly stands = false;
  readonly countsInstructions = false;
  #passed = 0;
  /** Wall time at which it was last set going; null while it stands. */
  #since: number | null = null;
  readonly #wall: () => number;

  constructor(wall: () => number = () => performance.now()) {
    this.#wall = wall;
  }

  /** Whole milliseconds. */
  get now(): GuestTime {
    return Math.floor(this.#exact());
  }

  get running(): boolean {
    return this.#since !== null;
  }

  start(): void {
    this.#since ??= this.#wall();
  }

  stop(): void {
    this.#passed = this.#exact();
    this.#since = null;
  }

  /** After a revert: the time of the snapshot. It goes on, or stands, as before. */
  set(time: GuestTime): void {
    this.#passed = time;
    if (this.#since !== null) this.#since = this.#wall();
  }

  /** Wall time does not depend on the process. */
  forgetProcess(): void {
    return;
  }

  async release(qmp: QmpClient): Promise<void> {
    await qmp.execute('cont', {}, nothing);
    this.start();
  }

  /** It runs already. */
  async during<T>(_qmp: QmpClient, work: () => Promise<T>): Promise<T> {
    return await work();
  }

  async hold(_qmp: QmpClient, work: () => Promise<Noted>): Promise<void> {
    await work();
  }

  async pass({ until, signal }: ClockWait): Promise<null> {
    await signal.wait(until - this.now);
    return null;
  }

  #exact(): number {
    return this.#passed + (this.#since === null ? 0 : this.#wall() - this.#since);
  }
}
