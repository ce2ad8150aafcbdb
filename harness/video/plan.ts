/** When a video shows what: guest time with its idle stretches shortened, and the steps as chapters. Pure. */
import type { GuestTime } from '../../sdk/engines/engine.js';

/** Guest ms that a stretch in which nothing was seen to change lasts in the video, at most. */
export const LONGEST_STRETCH_MS = 2_000;
/** What was seen last is shown as long as this, at least. */
export const LAST_SHOWN_MS = 1_000;
/** What was seen before a revert is shown as long as this. */
export const REVERT_SHOWN_MS = 600;
/** Of the pictures in one tick, the last is shown. */
export const TICK_MS = 40;

/** What was seen on a screen, other than what was seen before it. */
export interface Look {
  /** Grows from one to the next. */
  id: number;
  at: GuestTime;
  /** Pixels. */
  width: number;
  height: number;
}

export interface FilmedStep {
  title: string;
  /** When it began. */
  at: GuestTime;
  /** The look that came last before it: guest time alone says too little, for a revert goes back in it. Null: there was none. */
  after: number | null;
}

export interface Shot {
  /** Of the look. */
  id: number;
  /** Ms of the video, a multiple of {@link TICK_MS}. */
  start: number;
}

export interface Chapter {
  title: string;
  /** Ms of the video. */
  start: number;
  end: number;
}

export interface VideoPlan {
  /** Pixels, both even: the largest of all looks. */
  width: number;
  height: number;
  shots: readonly Shot[];
  chapters: readonly Chapter[];
  /** Ms. */
  duration: number;
}

interface Placed {
  look: Look;
  /** Ms of the video. */
  start: number;
  /** Guest ms to the next look, and what becomes of them. */
  gap: number;
  shown: number;
}

/** @param end guest time at the end of the run. @returns null when nothing was seen */
export function planVideo(looks: readonly Look[], steps: readonly FilmedStep[], end: GuestTime): VideoPlan | null {
  const placed = placeLooks(looks, end);
  const last = placed.at(-1);
  if (last === undefined) return null;
  const duration = onTick(last.start) + Math.max(onTick(last.shown), TICK_MS);
  return {
    width: even(Math.max(...looks.map(({ width }) => width))),
    height: even(Math.max(...looks.map(({ height }) => height))),
    shots: shotsOf(placed),
    chapters: chaptersOf(placed, steps, duration),
    duration,
  };
}

function placeLooks(looks: readonly Look[], end: GuestTime): Placed[] {
  let start = 0;
  return looks.map((look, index) => {
    const next = looks[index + 1];
    const gap = (next?.at ?? end) - look.at;
    const shown = next === undefined ? Math.max(shownMs(gap), LAST_SHOWN_MS) : shownMs(gap);
    const placed = { look, start, gap, shown };
    start += shown;
    return placed;
  });
}

function shownMs(gap: number): number {
  return gap < 0 ? REVERT_SHOWN_MS : Math.min(gap, LONGEST_STRETCH_MS);
}

function onTick(ms: number): number {
  return Math.round(ms / TICK_MS) * TICK_MS;
}

/** Compressed colours are stored for two pixels in each direction. */
function even(pixels: number): number {
  return Math.max(2, 2 * Math.ceil(pixels / 2));
}

function shotsOf(placed: readonly Placed[]): Shot[] {
  const shots = placed.map(({ look, start }) => ({ id: look.id, start: onTick(start) }));
  return shots.filter(({ start }, index) => shots[index + 1]?.start !== start);
}

function chaptersOf(placed: readonly Placed[], steps: readonly FilmedStep[], duration: number): Chapter[] {
  let earliest = 0;
  const starts = steps.map((step) => {
    earliest = Math.min(Math.max(earliest, placeOf(placed, step)), duration);
    return earliest;
  });
  return steps.map(({ title }, index) => ({
    title,
    start: starts[index] ?? duration,
    end: starts[index + 1] ?? duration,
  }));
}

/** Ms of the video. Within a stretch that was shortened, what is in it comes closer together. */
function placeOf(placed: readonly Placed[], { at, after }: FilmedStep): number {
  const before = after === null ? undefined : placed.findLast(({ look }) => look.id <= after);
  if (before === undefined) return 0;
  const { look, start, gap, shown } = before;
  const share = gap <= 0 ? 0 : Math.min(Math.max((at - look.at) / gap, 0), 1);
  return Math.round(start + share * shown);
}
