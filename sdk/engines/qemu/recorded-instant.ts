/**
 * Instants of a guest that is recorded. It is stopped for them while it computes; a guest that sleeps stands by itself. To
 * stop that one spoils the recording: QEMU 7.2 drops the rest of a sleep that is over as the machine stops, or while a
 * replay stands there (`icount_warp_rt`, if the machine does not run), its log does not say so, and the replay goes on with
 * another time or waits for ever.
 */
import { z } from 'zod';
import { nothing, type QmpClient } from './qmp.js';
import { parseRegisters } from './registers.js';

const place = z.object({ icount: z.int().min(0) });
const status = z.object({ status: z.string(), running: z.boolean() });

export interface Instant {
  /** Instructions since power-on. */
  icount: number;
  /** Every processor waits for an interrupt. */
  asleep: boolean;
}

/** What was taken of the guest, and whether it is of one instant. */
export type Held<T> =
  { kind: 'instant'; icount: number; taken: T } /** The guest went on meanwhile. */ | { kind: 'went-on'; taken: T };

/** So often a guest is stopped, at most, until it stands where it computes. */
const STOPS = 10;

/** Instructions first: who slept after they were counted had counted all of them. */
export async function instant(qmp: QmpClient): Promise<Instant> {
  const [{ icount }, asleep] = await Promise.all([count(qmp), isAsleep(qmp)]);
  return { icount, asleep };
}

/** Sleep first: a guest that woke since and sleeps again has counted more by then. */
async function instantAfter(qmp: QmpClient): Promise<Instant> {
  const [asleep, { icount }] = await Promise.all([isAsleep(qmp), count(qmp)]);
  return { icount, asleep };
}

/**
 * Takes something of a guest, if that can be, while it stands.
 * @param take gives QEMU its commands at once, so that a guest that sleeps is asked right before and right behind them
 * @param looks so often, at most, it is taken of a sleeping guest until that has slept all the time
 */
export async function atInstant<T>(qmp: QmpClient, take: () => Promise<T>, looks: number): Promise<Held<T>> {
  for (let tries = 1; ; tries++) {
    const [before, taken, after] = await Promise.all([instant(qmp), take(), instantAfter(qmp)]);
    if (before.asleep && after.asleep && after.icount === before.icount) {
      return { kind: 'instant', icount: before.icount, taken };
    }
    const held = before.asleep ? null : await whileStopped(qmp, take);
    if (held !== null) return held;
    if (tries >= looks) return { kind: 'went-on', taken };
  }
}

/** Does something once, to a guest that stands or sleeps. */
export async function whileStanding(qmp: QmpClient, work: () => Promise<void>): Promise<void> {
  for (let tries = 1; tries <= STOPS; tries++) {
    const { asleep } = await instant(qmp);
    if (asleep) break;
    if ((await whileStopped(qmp, work)) !== null) return;
  }
  await work();
}

/**
 * Twice, so that it has computed in between: one that has only just been interrupted has another stack already, but at an
 * instruction at which a replay stops before the interrupt.
 * @returns null, and nothing was taken, if it sleeps, or has not gone on
 */
async function whileStopped<T>(qmp: QmpClient, take: () => Promise<T>): Promise<Held<T> | null> {
  const [, first, { status: seen }] = await Promise.all([
    qmp.execute('stop', {}, nothing),
    instant(qmp),
    qmp.execute('query-status', {}, status),
  ]);
  // A guest that stopped by itself is not to go on.
  if (seen !== 'paused') return { kind: 'instant', icount: first.icount, taken: await take() };
  if (first.asleep) {
    await qmp.execute('cont', {}, nothing);
    return null;
  }
  const [, , { icount, asleep }] = await Promise.all([
    qmp.execute('cont', {}, nothing),
    qmp.execute('stop', {}, nothing),
    instant(qmp),
  ]);
  try {
    if (asleep || icount === first.icount) return null;
    return { kind: 'instant', icount, taken: await take() };
  } finally {
    await qmp.execute('cont', {}, nothing);
  }
}

/** A guest that is stopped for good: its run, or this part of it, ends here. */
export async function whereStopped(qmp: QmpClient): Promise<number> {
  const [, { icount }] = await Promise.all([qmp.execute('stop', {}, nothing), count(qmp)]);
  return icount;
}

/** Wall ms. */
const FLUSHED_WITHIN_MS = 5_000;

/**
 * Lets a guest that was stopped at its last instant go on a little: QEMU logs what was carried out only with what comes next,
 * and its end is none such (`replay_shutdown_request`). A replay would end before that instant.
 */
export async function flushLog(qmp: QmpClient, icount: number): Promise<void> {
  const { status: seen } = await qmp.execute('query-status', {}, status);
  if (seen !== 'paused') return;
  await qmp.execute('cont', {}, nothing);
  const since = performance.now();
  while (performance.now() - since < FLUSHED_WITHIN_MS) {
    const now = await instant(qmp);
    if (now.asleep || now.icount > icount) return;
  }
}

async function count(qmp: QmpClient): Promise<z.infer<typeof place>> {
  return await qmp.execute('query-replay', {}, place);
}

async function isAsleep(qmp: QmpClient): Promise<boolean> {
  return parseRegisters(await qmp.human('info registers -a'))?.asleep ?? false;
}
