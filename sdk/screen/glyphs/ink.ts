/** Which pixels of a picture could be text: the colours that text may be written in, and where they are. */

/** Pixels that count as ink: those whose word in `values` is at most `span` above `low`. */
export interface Ink {
  /** The pixels themselves, or something worked out for each. */
  values: Uint32Array;
  low: number;
  span: number;
  /** By row of pixels: the first one with ink and the one after the last; 0 and 0 where there is none. Use {@link findExtent}. */
  extents: Int32Array;
}

const NOT_LOOKED = -1;

/** Looks where the ink of a row of pixels is, once: afterwards `extents` has it. */
export function findExtent({ values, low, span, extents }: Ink, width: number, y: number): void {
  if (extents[2 * y] !== NOT_LOOKED) return;
  let from = y * width;
  let to = from + width;
  while (from < to && ((values[from] ?? 0) - low) >>> 0 > span) from++;
  while (to > from && ((values[to - 1] ?? 0) - low) >>> 0 > span) to--;
  extents[2 * y] = from === to ? 0 : from - y * width;
  extents[2 * y + 1] = from === to ? 0 : to - y * width;
}

/** One colour, or one range of values, as ink that nothing is known of yet. */
export function makeInk(values: Uint32Array, width: number, low: number, span = 0): Ink {
  return { values, low, span, extents: new Int32Array((2 * values.length) / width).fill(NOT_LOOKED) };
}

const SLOT_BITS = 15;
const SLOTS = 2 ** SLOT_BITS;
const MIN_STEMS = 5;
const MAX_CANDIDATES = 48;
const MAX_INKS = 24;
/** Strokes stand out from what is beside them by so much in one channel at least. */
const MIN_CONTRAST = 24;
/** A colour with a larger part of the picture is ground. */
const MAX_PART = 0.3;
/** A colour that so large a part of its runs has beside nearly the same colour is ground, too. */
const MAX_SMOOTH = 0.5;

/** Counts by colour, without an allocation for each. */
class ColourCounts {
  readonly colours = new Uint32Array(SLOTS);
  readonly counts = new Uint32Array(SLOTS);
  private free = SLOTS >> 1;

  add(colour: number): void {
    let slot = slotOf(colour);
    while (this.counts[slot] !== 0 && this.colours[slot] !== colour) slot = (slot + 1) & (SLOTS - 1);
    if (this.counts[slot] === 0) {
      // A picture with so many colours is a photograph: those of its text came early, or are lost among them.
      if (this.free === 0) return;
      this.free--;
      this.colours[slot] = colour;
    }
    this.counts[slot] = (this.counts[slot] ?? 0) + 1;
  }

  /** With a count of at least `least`, the highest first. */
  atLeast(least: number): number[] {
    const slots: number[] = [];
    for (let slot = 0; slot < SLOTS; slot++) if ((this.counts[slot] ?? 0) >= least) slots.push(slot);
    slots.sort((a, b) => (this.counts[b] ?? 0) - (this.counts[a] ?? 0));
    return slots.map((slot) => this.colours[slot] ?? 0);
  }
}

function slotOf(colour: number): number {
  return Math.imul(colour, 0x9e3779b1) >>> (32 - SLOT_BITS);
}

/**
 * Colours that have upright strokes one or two pixels wide that stand out, those with most of them first: letters have,
 * in exactly one colour, whatever is behind them. Photographs and anti-aliased text have few.
 * @param step looks at every so many rows only
 */
export function inkColours(pixels: Uint32Array, width: number, top: number, bottom: number, step: number): number[] {
  const stems = new ColourCounts();
  for (let y = Math.max(1, top); y < bottom; y += step) {
    const end = (y + 1) * width - 2;
    let before = pixels[y * width] ?? 0;
    for (let at = y * width + 1; at < end; at++) {
      const colour = pixels[at] ?? 0;
      if (colour === before) continue;
      const left = before;
      before = colour;
      if (colour !== pixels[at - width]) continue;
      const next = pixels[at + 1] ?? 0;
      const right = next === colour ? (pixels[at + 2] ?? 0) : next;
      if (right !== colour && standsOut(colour, left) && standsOut(colour, right)) stems.add(colour);
    }
  }
  return stems.atLeast(MIN_STEMS).slice(0, MAX_CANDIDATES);
}

function standsOut(a: number, b: number): boolean {
  return (
    Math.abs((a & 0xff) - (b & 0xff)) >= MIN_CONTRAST ||
    Math.abs(((a >>> 8) & 0xff) - ((b >>> 8) & 0xff)) >= MIN_CONTRAST ||
    Math.abs(((a >>> 16) & 0xff) - ((b >>> 16) & 0xff)) >= MIN_CONTRAST
  );
}

/**
 * Where each of some colours is, in one pass. Left out are those that are ground rather than ink: a large part of the
 * picture, or mostly beside colours that are nearly the same, as in a photograph or a gradient.
 */
export function inksOf(
  pixels: Uint32Array,
  width: number,
  top: number,
  bottom: number,
  colours: readonly number[],
): Ink[] {
  const all = colours.map((colour) => ({ ink: makeInk(pixels, width, colour), count: 0, runs: 0, smooth: 0 }));
  all.forEach(({ ink }) => ink.extents.fill(0));
  const index = indexOf(colours);
  for (let y = top; y < bottom; y++) {
    const start = y * width;
    for (let x = 0; x < width;) {
      const colour = pixels[start + x] ?? 0;
      const first = x++;
      while (x < width && pixels[start + x] === colour) x++;
      let slot = Math.imul(colour, 0x9e3779b1) >>> INDEX_SHIFT;
      while (index[2 * slot + 1] !== 0 && index[2 * slot] !== colour) slot = (slot + 1) & (INDEX_SLOTS - 1);
      const found = all[(index[2 * slot + 1] ?? 0) - 1];
      if (found === undefined) continue;
      found.count += x - first;
      found.runs++;
      if (first > 0 && !standsOut(colour, pixels[start + first - 1] ?? 0)) found.smooth++;
      const { extents } = found.ink;
      if (extents[2 * y + 1] === 0) extents[2 * y] = first;
      extents[2 * y + 1] = x;
    }
  }
  return all
    .filter(({ count, runs, smooth }) => count <= MAX_PART * width * (bottom - top) && smooth <= MAX_SMOOTH * runs)
    .slice(0, MAX_INKS)
    .map(({ ink }) => ink);
}

const INDEX_SHIFT = 24;
const INDEX_SLOTS = 256;

/** Pairs of colour and position + 1, hashed. */
function indexOf(colours: readonly number[]): Uint32Array {
  const index = new Uint32Array(2 * INDEX_SLOTS);
  colours.forEach((colour, i) => {
    let slot = Math.imul(colour, 0x9e3779b1) >>> INDEX_SHIFT;
    while (index[2 * slot + 1] !== 0) slot = (slot + 1) & (INDEX_SLOTS - 1);
    index.set([colour, i + 1], 2 * slot);
  });
  return index;
}
