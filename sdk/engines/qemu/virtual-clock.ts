/**
 * Guest time that QEMU counts in instructions (`-icount`): the host's load does not change it. A guest that sleeps skips
 * the time until its next timer, and so would run hours ahead of whoever waits for it: the machine therefore stands (QMP
 * `stop`) but for the stretches in which something waits.
 *
 * QMP has no question for QEMU's virtual clock. What tells it exactly is a PC's ACPI timer (24 bits at 3.58 MHz, so that
 * it turns over every 4.7 s), and of a stretch that was longer the date of its real-time clock, which counts the same
 * time in seconds, tells how often it did.
 */
import { z } from 'zod';
import { GuestwrightError } from '../../errors.js';
import type { GuestTime } from '../engine.js';
import type { ClockWait, Noted, QemuClock } from './qemu-clock.js';
import { nothing, type QmpClient } from './qmp.js';
import { parseRegisters } from './registers.js';
import type { Signal } from './signal.js';

/** Nanoseconds of guest time that an instruction takes, as a power of two: 8 ns, 125 million instructions a second. */
export const ICOUNT_SHIFT = 3;

/** Where the ACPI timer is: SeaBIOS, and UEFI on the newer PC; UEFI on the older PC. */
const TIMER_PORTS = [0x608, 0xb008] as const;
const TICKS_PER_MS = 3579.545;
const TURN_TICKS = 2 ** 24;
const TURN_MS = TURN_TICKS / TICKS_PER_MS;
/** The date counts whole seconds: two of its readings are off by less than this, ms. */
const DATE_ERROR_MS = 1_000;

/** Guest ms in a wall ms: of a guest that computes, at least; and so that a first stretch is short. */
const SLOWEST = 0.02;
const FIRST_RATE = 20;
/** Of what is left to a limit so much is run at once: the rest in stretches that are shorter and shorter. */
const CAUTION = 0.7;
/** Wall ms below which nothing can be waited for: QEMU then goes on and stops in one breath. */
const BREATH_MS = 1;
/** Wall ms after which a stretch is interrupted to look where it is. */
const LONGEST_MS = 250;

/** QEMU's clocks as they were read, both at the same instant. */
export interface ClockReading {
  /** Null: the firmware has not set the timer up yet. */
  ticks: number | null;
  /** Date of the guest's clock, ms since the epoch. */
  date: number;
}

/**
 * Guest ms from one reading to the next. A guest may set its date between the two: what then cannot be right is left
 * aside, as a stretch is nearly always shorter than a turn of the timer.
 */
export function passedBetween(before: ClockReading, after: ClockReading): number {
  if (after.ticks === null) return 0;
  const ticks = (after.ticks - (before.ticks ?? 0) + TURN_TICKS) % TURN_TICKS;
  const least = ticks / TICKS_PER_MS;
  const byDate = after.date - before.date;
  const turns = Math.max(0, Math.round((byDate - least) / TURN_MS));
  const passed = least + turns * TURN_MS;
  return Math.abs(passed - byDate) <= DATE_ERROR_MS ? passed : least;
}

const status = z.object({ status: z.string() });
const date = z.object({
  tm_year: z.int(),
  tm_mon: z.int(),
  tm_mday: z.int(),
  tm_hour: z.int(),
  tm_min: z.int(),
  tm_sec: z.int(),
});

export class VirtualClock implements QemuClock {
  readonly kind = 'virtual';
  readonly stands = true;
  readonly countsInstructions = true;
  #passed = 0;
  #running = false;
  /** Null: another process of QEMU's counts anew. */
  #seen: ClockReading | null = null;
  /** Guest ms in a wall ms, lately. */
  #rate = FIRST_RATE;

  /** Whole milliseconds, as of the end of the last stretch. */
  get now(): GuestTime {
    return Math.floor(this.#passed);
  }

  /** Whether the machine may run when something waits. */
  get running(): boolean {
    return this.#running;
  }

  start(): void {
    this.#running = true;
  }

  stop(): void {
    this.#running = false;
  }

  /** After a revert: the time of the snapshot. */
  set(time: GuestTime): void {
    this.#passed = time;
  }

  /** The next process counts from where it begins. */
  forgetProcess(): void {
    this.#seen = null;
  }

  /** Before a process runs for the first time: what its clocks say is the time now. */
  async meet(qmp: QmpClient): Promise<void> {
    this.#seen ??= await read(qmp);
  }

  /** It stands all the same until something waits for it. */
  async release(qmp: QmpClient): Promise<void> {
    await this.meet(qmp);
    this.start();
  }

  async hold(_qmp: QmpClient, work: () => Promise<Noted>): Promise<void> {
    await work();
  }

  async pass({ until, limit, signal, turn, mayHaveStopped }: ClockWait): Promise<string | null> {
    return await turn(async (qmp) => {
      const seen = await this.run(qmp, until, signal);
      // That it has stopped for good is found at the second look, which is on the way.
      if (seen === 'asleep') this.skipTo((await mayHaveStopped(qmp)) ? until : limit);
      return seen;
    });
  }

  /**
   * Lets the guest run until `limit`, and not far beyond, and for {@link LONGEST_MS} or so at most; a signal ends it sooner.
   * The machine stands afterwards.
   * @returns QEMU's status then: `paused`, or why it stopped by itself; or `asleep` (see {@link skipTo})
   */
  async run(qmp: QmpClient, limit: GuestTime, signal: Signal): Promise<string> {
    const begun = performance.now();
    for (;;) {
      const wall = Math.min(LONGEST_MS, ((limit - this.#passed) / this.#rate) * CAUTION);
      const from = this.#passed;
      const started = performance.now();
      const { count } = signal;
      const seen = await this.#stretch(qmp, () => (wall < BREATH_MS ? null : signal.wait(wall)));
      this.#learn(this.#passed - from, performance.now() - started);
      if (seen !== 'paused' || signal.count !== count || this.now >= limit) return seen;
      // That it stood through a short stretch may be the host's doing.
      const stood = this.#passed === from && wall === LONGEST_MS;
      if (stood && (await this.#isAsleep(qmp))) return 'asleep';
      if (performance.now() - begun >= LONGEST_MS) return seen;
    }
  }

  /**
   * Time passes for a guest that is asleep and has no timer to wake it. QEMU's own clock then stands, having nothing to skip
   * to, and only an input goes on with the guest.
   */
  skipTo(time: GuestTime): void {
    this.#passed = Math.max(this.#passed, time);
  }

  async #isAsleep(qmp: QmpClient): Promise<boolean> {
    // Before the firmware has set the timer up, it only looks as if the time stood.
    if (this.#seen === null || this.#seen.ticks === null) return false;
    return parseRegisters(await qmp.human('info registers -a'))?.asleep === true;
  }

  /** Lets the guest run for as long as QEMU takes to do something that it does of a running machine only. */
  async during<T>(qmp: QmpClient, work: () => Promise<T>): Promise<T> {
    await this.meet(qmp);
    const going = letGo(qmp);
    const done = work();
    // Its failure is told at the end, when the machine stands again.
    done.catch(() => undefined);
    await this.#stand(qmp, going);
    return await done;
  }

  /** @param waiting what the guest may run for; null: QEMU is told to stop in the same breath */
  async #stretch(qmp: QmpClient, waiting: () => Promise<void> | null): Promise<string> {
    await this.meet(qmp);
    const going = letGo(qmp);
    // Heard of at the end; a QEMU that dies meanwhile must not be heard of earlier.
    going.catch(() => undefined);
    const until = waiting();
    if (until !== null) await until;
    return await this.#stand(qmp, going);
  }

  /** Stops the machine and takes the time. @returns QEMU's status */
  async #stand(qmp: QmpClient, going: Promise<void>): Promise<string> {
    const [, reading, seen] = await Promise.all([
      qmp.execute('stop', {}, nothing),
      read(qmp),
      qmp.execute('query-status', {}, status),
      going,
    ]);
    this.#account(reading);
    return seen.status;
  }

  #account(reading: ClockReading): void {
    const before = this.#seen ?? reading;
    this.#passed += passedBetween(before, reading);
    // After a reset the timer is away until the firmware has set it up again, and has gone on meanwhile.
    if (reading.ticks !== null) this.#seen = reading;
  }

  #learn(guest: number, wall: number): void {
    const rate = Math.max(SLOWEST, guest / Math.max(wall, 0.1));
    // A guest that sleeps suddenly flies: what was seen of that is forgotten slowly.
    this.#rate = rate > this.#rate ? rate : 0.7 * this.#rate + 0.3 * rate;
  }
}

async function read(qmp: QmpClient): Promise<ClockReading> {
  const [ports, day] = await Promise.all([
    Promise.all(TIMER_PORTS.map(async (port) => parsePort(await qmp.human(`i /w 0x${port.toString(16)}`)))),
    qmp.execute('qom-get', { path: '/machine', property: 'rtc-time' }, date),
  ]);
  return {
    ticks: ports.find((value) => value !== null) ?? null,
    date: Date.UTC(1900 + day.tm_year, day.tm_mon, day.tm_mday, day.tm_hour, day.tm_min, day.tm_sec),
  };
}

/** `portl[0x0608] = 0x00123456`; null where there is nothing at that port: all bits are set then. */
export function parsePort(text: string): number | null {
  const value = Number(/= *(0x[0-9a-f]+)/i.exec(text)?.[1] ?? 'NaN');
  return value < TURN_TICKS ? value : null;
}

/** A machine that waits for its reset refuses to go on; that it does is in its status. */
async function letGo(qmp: QmpClient): Promise<void> {
  try {
    await qmp.execute('cont', {}, nothing);
  } catch (error) {
    if (!(error instanceof GuestwrightError) || error.code !== 'qmp-error') throw error;
  }
}

/** A wait that takes longer than its guard allows, however little guest time has passed. */
export function guardFired(guardMs: number, limit: GuestTime, now: GuestTime): GuestwrightError {
  return new GuestwrightError('The wall-clock guard stopped the wait', {
    kind: 'infrastructure',
    code: 'guard-fired',
    expected: `guest time ${limit} ms within ${guardMs} ms of wall time`,
    seen: `the guest is at ${now} ms`,
    next: 'give the machine longer (timeouts.guard), or look for what keeps this host busy',
  });
}
