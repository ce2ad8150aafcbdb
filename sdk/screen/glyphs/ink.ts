/** Which pixels of a picture could be text: the colours that text may be written in, and where they are. */

/** Pixels that count as ink: those whose word in `values` is at most `span` above `low`. */
export interface Ink {
  /** The pixels themselves, or something worked out for each. */
  values: Uint32Array;
  low: number;
  span: number;
  /** By row of pixels: the first one with ink and the last; -1 and -1 where there is none. */
  extents: Int16Array;
}

const SLOT_BITS = 15;
const SLOTS = 2 ** SLOT_BITS;
const MIN_STEMS = 5;
const MAX_INKS = 24;
/** Strokes stand out from what is beside them by so much in one channel at least. */
const MIN_CONTRAST = 24;
/** A colour with a larger part of the picture is ground. */
const MAX_PART = 0.3;

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
  return stems.atLeast(MIN_STEMS).slice(0, MAX_INKS);
}

function standsOut(a: number, b: number): boolean {
  return (
    Math.abs((a & 0xff) - (b & 0xff)) >= MIN_CONTRAST ||
    Math.abs(((a >>> 8) & 0xff) - ((b >>> 8) & 0xff)) >= MIN_CONTRAST ||
    Math.abs(((a >>> 16) & 0xff) - ((b >>> 16) & 0xff)) >= MIN_CONTRAST
  );
}

/** Where each of some colours is, in one pass. Colours that are ground rather than ink are left out. */
export function inksOf(
  pixels: Uint32Array,
  width: number,
  top: number,
  bottom: number,
  colours: readonly number[],
): Ink[] {
  const height = pixels.length / width;
  const all = colours.map((low) => ({ values: pixels, low, span: 0, extents: new Int16Array(2 * height).fill(-1) }));
  const counts = new Uint32Array(all.length);
  const known = new Map(colours.map((colour, i) => [colour, i]));
  for (let y = top; y < bottom; y++) {
    const start = y * width;
    let before = -1;
    let index: number | undefined;
    for (let x = 0; x < width; x++) {
      const colour = pixels[start + x] ?? 0;
      if (colour !== before) index = known.get((before = colour));
      if (index === undefined) continue;
      counts[index] = (counts[index] ?? 0) + 1;
      const extents = all[index]?.extents;
      if (extents === undefined) continue;
      if ((extents[2 * y] ?? 0) < 0) extents[2 * y] = x;
      extents[2 * y + 1] = x;
    }
  }
  return all.filter((_, i) => (counts[i] ?? 0) <= MAX_PART * width * (bottom - top));
}
