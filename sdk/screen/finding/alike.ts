/**
 * Finding a picture that is only alike, by the sum of absolute differences (SAD).
 *
 * First the pyramid: every few places are ranked by their coarse blocks, the best of those and their neighbours by fine
 * ones, and the best of those are compared pixel by pixel. That is most often the end. If it is not, every place is
 * ruled out: by coarse blocks, by fine ones, by pixels. Each is a lower bound of the next, so nothing is missed.
 */
import { coveredBy, holds, type Area } from './area.js';
import { boundAt, Likeness, LOOK_UP, lookUps, Sums } from './blocks.js';
import { rectanglesOf } from './flat.js';
import type { Haystack } from './haystack.js';
import type { Needle } from './needle.js';
import { differenceAt } from './pixels.js';
import { inOrder, type Place, type Places } from './places.js';
import { Best, rankAll } from './rank.js';

/** `pyramid`: among the places that the blocks rank first; `full`: when all places were gone through. */
export type AlikeBy = 'pyramid' | 'full';

export interface AlikePlace extends Place {
  by: AlikeBy;
}

/** So many of the places that coarse blocks rank first are ranked again, by fine ones, … */
const RANKED = 1024;
/** … and so many of those are compared pixel by pixel. */
const COMPARED = 32;
/** A coarse block that lies beside its place by a ninth of its size still tells. */
const STEPS_OF_A_BLOCK = 9;

/** Share of what is allowed, up to which the best of the places that rank first is taken for what is looked for. */
const SURE = 0.6;
const CLEARLY_BETTER = 0.95;
/** So many places are then tried, the likeliest first: on a flat ground nearly all are alike, and one is known already. */
const REFINED = 4096;

/** Noise that is allowed for when places are ranked: levels of a channel, in the mean. */
const MOST_NOISE = 8;

/** A picture and the places where it is looked for, with what is needed to rule places out. */
interface Search {
  readonly screen: Haystack;
  readonly needle: Needle;
  readonly area: Area;
  readonly sums: Sums;
  readonly coarse: Int32Array;
  /** Null for a picture of one colour: what its (coarse) blocks differ by is what its pixels do. */
  readonly fine: Int32Array | null;
}

/**
 * One place that differs by at most `limit`: the best of those that rank first unless another is clearly better; else any.
 * Null: there is none.
 */
export function findAlike(screen: Haystack, needle: Needle, area: Area, limit: number): AlikePlace | null {
  const search = prepare(screen, needle, area);
  let likely: Place | null = null;
  if (search.fine !== null) {
    const best = bestByPyramid(search, limit);
    likely = best === null ? null : settle(search, best);
    if (likely !== null && likely.sum <= SURE * limit) return { ...likely, by: 'pyramid' };
  }
  // What only just passes may be something like it: the best of all places is asked for, if another is clearly better.
  let best = likely;
  let wanted = likely === null ? limit : CLEARLY_BETTER * likely.sum;
  const ranked = rankAll(search.sums, search.coarse, area, wanted);
  const order = ranked.order();
  for (const index of likely === null ? order : order.subarray(0, REFINED)) {
    const place = compare(search, ranked.x(index), ranked.y(index), wanted);
    if (place === null) continue;
    best = settle(search, place);
    if (likely === null) break;
    wanted = best.sum - 1;
  }
  return best === null ? null : { ...best, by: best === likely ? 'pyramid' : 'full' };
}

/** All places of at most `limit` that overlap none of those kept already, in the order of their rank; keeps them, too. */
export function findAllAlike(screen: Haystack, needle: Needle, area: Area, limit: number, kept: Places): AlikePlace[] {
  const search = prepare(screen, needle, area);
  const ranked = rankAll(search.sums, search.coarse, area, limit);
  const found: AlikePlace[] = [];
  for (const index of ranked.order()) {
    if (kept.overlapping(ranked.x(index), ranked.y(index)) !== null) continue;
    const place = compare(search, ranked.x(index), ranked.y(index), limit);
    if (place === null) continue;
    const better = settle(search, place);
    // What it stands for now has to include the place where it was: nothing else will.
    const near = Math.abs(better.x - place.x) < needle.width && Math.abs(better.y - place.y) < needle.height;
    const chosen = near && kept.overlapping(better.x, better.y) === null ? better : place;
    kept.add(chosen);
    found.push({ ...chosen, by: 'full' });
  }
  return found;
}

/** Where a picture fits best, as far as its blocks tell: for messages about a picture that is not there. */
export function findNearest(screen: Haystack, needle: Needle, area: Area): Place {
  const search = prepare(screen, needle, area);
  const best = bestByPyramid(search, needle.sumOf(255));
  return settle(search, best ?? { x: area.left, y: area.top, sum: needle.sumOf(255) });
}

function prepare(screen: Haystack, needle: Needle, area: Area): Search {
  if (needle.flat !== null) {
    const sums = new Sums(screen, coveredBy(area, needle), needle.flat);
    return { screen, needle, area, sums, coarse: lookUps(rectanglesOf(needle), sums.stride), fine: null };
  }
  const sums = screen.sumsFor(area, needle);
  const coarse = tellingFirst(sums, lookUps(needle.coarse.blocks, sums.stride), area);
  return { screen, needle, area, sums, coarse, fine: lookUps(needle.fine.blocks, sums.stride) };
}

/** The best of the places that rank first; of equal ones the first in reading order. */
function bestByPyramid(search: Search, limit: number): Place | null {
  let best: Place | null = null;
  for (const { x, y } of rankByPyramid(search, limit)) {
    const place = compare(search, x, y, best?.sum ?? limit);
    if (place !== null && (best === null || place.sum < best.sum)) best = place;
  }
  return best;
}

/** The places that are most likely, in reading order. */
function rankByPyramid({ sums, area, needle, coarse, fine }: Search, limit: number): { x: number; y: number }[] {
  const { left, top, width, height } = area;
  const step = Math.max(1, Math.floor(needle.coarse.size / STEPS_OF_A_BLOCK));
  const likeness = new Likeness(
    Math.max(coarse.length, fine?.length ?? 0),
    Math.min(MOST_NOISE, needle.scoreOf(limit)),
  );
  const some = new Best(RANKED);
  for (let y = top; y < top + height; y += step) {
    const from = sums.indexOf(left, y);
    for (let i = 0; i < width; i += step) some.add(left + i, y, likeness.at(sums.table, from + i, coarse));
  }
  const bestOf = (places: readonly { x: number; y: number }[], blocks: Int32Array, most: number): Best => {
    const best = new Best(most);
    for (const { x, y } of places) best.add(x, y, likeness.at(sums.table, sums.indexOf(x, y), blocks));
    return best;
  };
  const near = bestOf(neighbours(some.places(), area, step), coarse, RANKED).places();
  return bestOf(near, fine ?? coarse, COMPARED).places();
}

/** Places and those around them that were stepped over; in reading order. */
function neighbours(places: readonly { x: number; y: number }[], area: Area, step: number): { x: number; y: number }[] {
  if (step === 1) return [...places];
  const back = (step - 1) >> 1;
  const found: { x: number; y: number }[] = [];
  for (const place of places) {
    for (let k = 0; k < step * step; k++) {
      const x = place.x + (k % step) - back;
      const y = place.y + Math.floor(k / step) - back;
      if (holds(area, x, y)) found.push({ x, y });
    }
  }
  return found.sort(inOrder);
}

/** A place with its difference; null when that is more than `limit`. */
function compare({ screen, needle, sums, coarse, fine }: Search, x: number, y: number, limit: number): Place | null {
  if (boundAt(sums.table, sums.indexOf(x, y), fine ?? coarse, limit) > limit) return null;
  const sum = differenceAt(screen, needle, x, y, limit);
  return sum > limit ? null : { x, y, sum };
}

/** From a place to a better one at most two pixels from it, as long as there is one. */
function settle({ screen, needle, area }: Search, start: Place): Place {
  for (let best = start; ;) {
    const { x, y } = best;
    for (let i = 0; i < 25; i++) {
      const [nearX, nearY] = [x + (i % 5) - 2, y + Math.floor(i / 5) - 2];
      if (!holds(area, nearX, nearY)) continue;
      const sum = differenceAt(screen, needle, nearX, nearY, best.sum - 1);
      if (sum < best.sum) best = { x: nearX, y: nearY, sum };
    }
    if (best.x === x && best.y === y) return best;
  }
}

/** Blocks that differ most on this screen go first: with them, places are out soonest. */
function tellingFirst(sums: Sums, blocks: Int32Array, { left, top, width, height }: Area): Int32Array {
  const samples = 8;
  const telling = Array.from({ length: blocks.length / LOOK_UP }, (_, i) => {
    const block = blocks.subarray(LOOK_UP * i, LOOK_UP * (i + 1));
    let total = 0;
    for (let sample = 0; sample < samples * samples; sample++) {
      const x = left + Math.floor(((sample % samples) + 0.5) * (width / samples));
      const y = top + Math.floor((Math.floor(sample / samples) + 0.5) * (height / samples));
      total += boundAt(sums.table, sums.indexOf(x, y), block, Infinity);
    }
    return { block, total };
  });
  const ordered = new Int32Array(blocks.length);
  telling.sort((a, b) => b.total - a.total).forEach(({ block }, i) => ordered.set(block, LOOK_UP * i));
  return ordered;
}
