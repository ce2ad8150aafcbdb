/**
 * Finding a picture exactly, by anchors: short runs of pixels that begin with an edge and are rare in the picture.
 *
 * One anchor is chosen in each of many neighbouring lines of the picture (its band). Wherever the picture lies, one of
 * its band's lines is on every n-th line of the screen, where n is the number of lines in the band. So only every n-th
 * line of the screen is read, and most of it is passed over, because there is no edge.
 */
import type { Area } from './area.js';
import { COLOUR, TRANSPARENT, type Words } from './words.js';

/** Lines are rows, or columns where the rows have too few edges (stripes, a line across). */
export type Axis = 'rows' | 'columns';

export interface Anchors {
  readonly axis: Axis;
  /** The band: its first line in the picture, and how many there are. */
  readonly first: number;
  readonly lines: number;
  /** Pixels of an anchor. */
  readonly length: number;
  /** By a hash's lowest bits: index of the first anchor, -1 where there is none; `next` chains those that share them. */
  readonly heads: Int32Array;
  readonly next: Int32Array;
  readonly hashes: Int32Array;
  /** Where an anchor begins in its line; the line is `first` + its index. */
  readonly starts: Int32Array;
  /** Pixels to look at first, as (x, y): those of the rarest runs anywhere in the picture. */
  readonly witnesses: Int32Array;
}

const LENGTHS = [8, 4, 2] as const;
/** More lines do not pay: the screen's lines that are read are few already. */
const MOST_LINES = 48;
/** Fewer lines are taken only where no shorter anchor gives more. */
const ENOUGH_LINES = 4;
const HEADS = 1024;
const WITNESS_RUNS = 4;

interface Run {
  line: number;
  start: number;
  hash: number;
  /** How many runs of the picture are alike. */
  count: number;
}

/** Null when there is no edge between pixels that count. */
export function chooseAnchors(picture: Words): Anchors | null {
  let best: Anchors | null = null;
  for (const length of LENGTHS) {
    for (const axis of ['rows', 'columns'] as const) {
      const anchors = anchorsAlong(picture, axis, length);
      if (anchors !== null && anchors.lines > (best?.lines ?? 0)) best = anchors;
      if (best !== null && best.lines >= 2 * ENOUGH_LINES) return best;
    }
    if (best !== null && best.lines >= ENOUGH_LINES) return best;
  }
  return best;
}

function anchorsAlong(picture: Words, axis: Axis, length: number): Anchors | null {
  const rarest = rarestRuns(picture, axis, length);
  const band = longestBand(rarest);
  if (band.length === 0) return null;
  const witnesses = rarest.filter((run) => run !== null).sort((a, b) => a.count - b.count);
  return {
    axis,
    first: band[0]?.line ?? 0,
    lines: band.length,
    length,
    ...tableOf(band),
    starts: Int32Array.from(band, ({ start }) => start),
    witnesses: Int32Array.from(
      witnesses
        .slice(0, WITNESS_RUNS)
        .flatMap(({ line, start }) =>
          Array.from({ length }, (_, i) => (axis === 'rows' ? [start + i, line] : [line, start + i])).flat(),
        ),
    ),
  };
}

/** For each line, the rarest of its runs that begin with an edge and have no transparent pixel. */
function rarestRuns({ words, width, height }: Words, axis: Axis, length: number): (Run | null)[] {
  const [lines, pixels, across, along] = axis === 'rows' ? [height, width, width, 1] : [width, height, 1, width];
  const counts = new Counts(lines * pixels);
  const rarest: (Run | null)[] = [];
  for (let counting = 1; counting >= 0; counting--) {
    for (let line = 0; line < lines; line++) {
      let run: Run | null = null;
      let counted = 0;
      for (let i = 0; i < pixels; i++) {
        counted = words[line * across + i * along] === TRANSPARENT ? 0 : counted + 1;
        if (counted < length) continue;
        const start = i - length + 1;
        const at = line * across + start * along;
        if (words[at] === words[at + along]) continue;
        const hash = hashOf(words, at, along, length);
        const count = counts.add(hash, counting);
        if (counting === 0 && (run === null || count < run.count)) run = { line, start, hash, count };
      }
      if (counting === 0) rarest.push(run);
    }
  }
  return rarest;
}

/** Counts hashes, in one flat table. */
class Counts {
  readonly #mask: number;
  readonly #hashes: Int32Array;
  readonly #counts: Int32Array;

  constructor(most: number) {
    const size = 2 ** Math.ceil(Math.log2(2 * most + 2));
    this.#mask = size - 1;
    this.#hashes = new Int32Array(size);
    this.#counts = new Int32Array(size);
  }

  /** Adds to a hash's count; returns the sum. */
  add(hash: number, more: number): number {
    let slot = hash & this.#mask;
    while (this.#counts[slot] !== 0 && this.#hashes[slot] !== hash) slot = (slot + 1) & this.#mask;
    this.#hashes[slot] = hash;
    const count = (this.#counts[slot] ?? 0) + more;
    this.#counts[slot] = count;
    return count;
  }
}

function longestBand(rarest: readonly (Run | null)[]): Run[] {
  let best: Run[] = [];
  let band: Run[] = [];
  for (const run of rarest) {
    if (run === null) band = [];
    else band.push(run);
    if (band.length > best.length) best = [...band];
    if (best.length === MOST_LINES) break;
  }
  return best;
}

function tableOf(band: readonly Run[]): Pick<Anchors, 'heads' | 'next' | 'hashes'> {
  const heads = new Int32Array(HEADS).fill(-1);
  const next = new Int32Array(band.length).fill(-1);
  band.forEach(({ hash }, i) => {
    const head = hash & (HEADS - 1);
    next[i] = heads[head] ?? -1;
    heads[head] = i;
  });
  return { heads, next, hashes: Int32Array.from(band, ({ hash }) => hash) };
}

function hashOf(words: Int32Array, at: number, step: number, length: number): number {
  let hash = 0;
  for (let i = 0; i < length; i++) hash = Math.imul(hash ^ ((words[at + i * step] ?? 0) & COLOUR), 0x9e3779b1);
  return hash ^ (hash >>> 15);
}

/**
 * The places at which the screen shows an anchor of the picture where it should be. Every place at which the picture is
 * found exactly is among them. `visit` gets a number of them at a time, as `y * screen.width + x` in ascending order;
 * the batches are in order, too. It ends the search by returning true.
 */
export function scanAnchors(
  screen: Words,
  anchors: Anchors,
  places: Area,
  visit: (candidates: readonly number[]) => boolean,
): void {
  const { axis, first, lines } = anchors;
  const rows = axis === 'rows';
  const [from, count] = rows ? [places.top, places.height] : [places.left, places.width];
  const found: number[] = [];
  for (let covered = 0; covered < count; covered += lines) {
    // The line lies so that the places not yet covered are those that have one of the band's lines on it.
    const least = Math.min(covered + lines - 1, count - 1);
    const line = from + least + first;
    const skipped = lines - 1 - (least - covered);
    scanLine(screen, anchors, places, line, skipped, found);
    if (!rows) continue;
    if (visit(found.sort((a, b) => a - b))) return;
    found.length = 0;
  }
  if (!rows) visit(found.sort((a, b) => a - b));
}

/**
 * Reads one line of the screen. `last` lines of the band are not asked about: their places were covered before.
 */
function scanLine(
  { words, width }: Words,
  { axis, first, lines, length, heads, next, hashes, starts }: Anchors,
  places: Area,
  line: number,
  last: number,
  found: number[],
): void {
  const rows = axis === 'rows';
  const step = rows ? 1 : width;
  const start = rows ? line * width : line;
  const [from, count] = rows ? [places.left, places.width] : [places.top, places.height];
  const longest = starts.reduce((a, b) => Math.max(a, b), 0);
  const shortest = starts.reduce((a, b) => Math.min(a, b), longest);
  const end = from + count - 1 + longest;
  let at = start + (from + shortest) * step;
  let before = words[at] ?? 0;
  for (let i = from + shortest; i <= end; i++, at += step) {
    const word = before;
    before = words[at + step] ?? 0;
    if (((word ^ before) & COLOUR) === 0) continue;
    const hash = hashOf(words, at, step, length);
    for (let k = heads[hash & (HEADS - 1)] ?? -1; k !== -1; k = next[k] ?? -1) {
      if (hashes[k] !== hash || k >= lines - last) continue;
      const along = i - (starts[k] ?? 0);
      if (along < from || along >= from + count) continue;
      const across = line - first - k;
      found.push(rows ? across * width + along : along * width + across);
    }
  }
}
