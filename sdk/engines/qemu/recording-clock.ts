/**
 * Guest time of a machine whose run is recorded, and the marks by which a replay is checked. It runs by itself; what is seen
 * while it stands belongs to one instruction, at which a replay can stop too.
 */
import type { GuestTime } from '../engine.js';
import type { RecordedMark, RecordedSegment } from '../recorded-run.js';
import { GuestClock } from './guest-time.js';
import type { ClockWait, Noted, QemuClock } from './qemu-clock.js';
import { nothing, type QmpClient } from './qmp.js';
import { atInstant, flushLog, whereStopped, whileStanding } from './recorded-instant.js';

/** Guest ms between two marks that hold nothing but their time: what `--until` can be told apart by. */
const TIME_MARKS_MS = 250;
/** No more marks than this but the ones at a segment's end: hours of a screen that changes all the time. */
const MAX_MARKS = 100_000;

/** So often a look is taken at most until it is of one instant. */
const LOOKS = 3;

export class RecordingClock implements QemuClock {
  readonly kind = 'free';
  readonly stands = false;
  readonly countsInstructions = true;
  readonly #clock = new GuestClock();
  readonly #segments: RecordedSegment[] = [];
  #running = false;
  #marks = 0;
  /** The last frame that was noted. */
  #frame: string | undefined;
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
    this.#frame = undefined;
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

  /** What is seen is noted if it is of one instant. */
  async hold(qmp: QmpClient, work: () => Promise<Noted>): Promise<void> {
    await this.take(qmp, work, async (noted) => await Promise.resolve(noted), LOOKS);
  }

  /**
   * Takes something of the guest at one instant, if there is one to be had, and notes what it comes to.
   * @param comesTo carried out when the guest may go on
   */
  async take<T>(
    qmp: QmpClient,
    take: () => Promise<T>,
    comesTo: (taken: T) => Promise<Noted>,
    looks: number,
  ): Promise<void> {
    await this.#inTurn(async () => {
      const withTime = async (): Promise<{ at: GuestTime; taken: T }> => ({ at: this.now, taken: await take() });
      // One that has been stopped is not to go on.
      const held = this.#running
        ? await atInstant(qmp, withTime, looks)
        : { kind: 'instant' as const, icount: await whereStopped(qmp), taken: await withTime() };
      const { at, taken } = held.taken;
      const noted = await comesTo(taken);
      if (held.kind === 'instant') this.#note({ at, icount: held.icount, ...noted });
    });
  }

  /** Does something while the guest stands, or sleeps. */
  async stand(qmp: QmpClient, work: () => Promise<void>): Promise<void> {
    await this.#inTurn(async () => (this.#running ? await whileStanding(qmp, work) : await work()));
  }

  /** The guest is stopped for the last mark of its segment; QEMU is to be ended now. */
  async end(qmp: QmpClient, work: () => Promise<Noted>): Promise<void> {
    await this.#inTurn(async () => {
      const icount = await whereStopped(qmp);
      this.stop();
      this.#note({ at: this.now, icount, ...(await work()) });
      await flushLog(qmp, icount);
    });
  }

  /** What the screen shows is noted where it has changed. */
  #note({ frame, ...mark }: RecordedMark): void {
    const marks = this.#segments.at(-1)?.marks;
    if (marks === undefined) return;
    const last = marks.at(-1);
    const isNew = frame !== undefined && (frame !== this.#frame || mark.memory !== undefined);
    if (!isNew && mark.memory === undefined && last !== undefined && mark.at - last.at < TIME_MARKS_MS) return;
    if (this.#marks >= MAX_MARKS && mark.memory === undefined) return;
    this.#marks++;
    if (isNew) this.#frame = frame;
    marks.push(isNew ? { ...mark, frame } : mark);
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
