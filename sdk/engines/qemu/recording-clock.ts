/**
 * Guest time of a machine whose run is recorded, and the marks by which a replay is checked. It runs by itself, and stands
 * for the moment in which it is looked at: what is seen then belongs to one instruction, at which a replay can stop too.
 */
import { z } from 'zod';
import type { GuestTime } from '../engine.js';
import type { RecordedMark, RecordedSegment } from '../recorded-run.js';
import { GuestClock } from './guest-time.js';
import type { ClockWait, Noted, QemuClock } from './qemu-clock.js';
import { nothing, type QmpClient } from './qmp.js';

/** Guest ms between two marks that hold nothing but their time: what `--until` can be told apart by. */
const TIME_MARKS_MS = 250;
/** No more marks than this but the ones at a segment's end: hours of a screen that changes all the time. */
const MAX_MARKS = 100_000;

const place = z.object({ icount: z.int().min(0) });
const status = z.object({ status: z.string() });

export class RecordingClock implements QemuClock {
  readonly kind = 'free';
  readonly stands = false;
  readonly countsInstructions = true;
  readonly #clock = new GuestClock();
  readonly #segments: RecordedSegment[] = [];
  #running = false;
  #marks = 0;
  /** What is done while the guest stands, and what is done while it has to run, one after the other. */
  #turns: Promise<unknown> = Promise.resolve();

  get now(): GuestTime {
    return this.#clock.now;
  }

  get running(): boolean {
    return this.#running;
  }

  get segments(): readonly RecordedSegment[] {
    return this.#segments;
  }

  start(): void {
    this.#running = true;
    this.#clock.start();
  }

  stop(): void {
    this.#running = false;
    this.#clock.stop();
  }

  set(time: GuestTime): void {
    this.#clock.set(time);
  }

  /** Another log. */
  forgetProcess(): void {
    this.#segments.push({ log: logName(this.#segments.length), marks: [] });
  }

  /** Name of the log that the next process writes. */
  get nextLog(): string {
    return logName(this.#segments.length);
  }

  async release(qmp: QmpClient): Promise<void> {
    await this.#inTurn(async () => {
      await qmp.execute('cont', {}, nothing);
      this.start();
    });
  }

  async during<T>(_qmp: QmpClient, work: () => Promise<T>): Promise<T> {
    return await this.#inTurn(work);
  }

  async pass({ until, signal }: ClockWait): Promise<null> {
    await signal.wait(until - this.now);
    return null;
  }

  /** The guest stands meanwhile: what is seen is of one instant. */
  async hold(qmp: QmpClient, work: () => Promise<Noted>): Promise<void> {
    await this.#inTurn(async () => {
      const [, { icount }, { status: seen }] = await Promise.all([
        qmp.execute('stop', {}, nothing),
        qmp.execute('query-replay', {}, place),
        qmp.execute('query-status', {}, status),
      ]);
      this.#clock.stop();
      const at = this.now;
      try {
        this.#note({ at, icount, ...(await work()) });
      } finally {
        // A guest that stopped by itself is not to go on.
        if (this.#running && seen === 'paused') {
          await qmp.execute('cont', {}, nothing);
          this.#clock.start();
        }
      }
    });
  }

  #note(mark: RecordedMark): void {
    const marks = this.#segments.at(-1)?.marks;
    if (marks === undefined) return;
    const last = marks.at(-1);
    const isTime = mark.frame === undefined && mark.memory === undefined;
    if (isTime && last !== undefined && mark.at - last.at < TIME_MARKS_MS) return;
    if (this.#marks >= MAX_MARKS && mark.memory === undefined) return;
    this.#marks++;
    marks.push(mark);
  }

  async #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#turns.then(run);
    this.#turns = turn.catch(() => undefined);
    return await turn;
  }
}

function logName(index: number): string {
  return `segment-${index + 1}.log`;
}
