/**
 * Pictures of one colour, of any shape. Nothing in them is an edge, and on a screen of that colour they nearly fit
 * everywhere: so the work here grows with the screen alone, never with screen times picture.
 */
import { coveredBy, type Area } from './area.js';
import { boundAt, lookUps, Sums, type Blocks } from './blocks.js';
import { COLOUR, type Words } from './words.js';

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Places where a whole rectangle of the picture's size has one colour, in reading order. `visit` ends it with true.
 * Rows without a long enough run of the colour are seen from a few of their pixels, and rule out all places above.
 */
export function scanFlat(
  screen: Words,
  { width, height }: Size,
  colour: number,
  places: Area,
  visit: (x: number, y: number) => boolean,
): void {
  const part = coveredBy(places, { width, height });
  const rows = new Rows(screen, part, colour);
  for (let top = places.top; top < places.top + places.height;) {
    const broken = rows.lastWithoutRun(top, top + height, width);
    if (broken !== null) {
      top = broken + 1;
      continue;
    }
    const heights = rows.heightsUpTo(top, top + height - 1);
    let run = 0;
    for (let i = 0; i < part.width; i++) {
      run = (heights[i] ?? 0) >= height ? run + 1 : 0;
      if (run >= width && visit(part.left + i - width + 1, top)) return;
    }
    top++;
  }
}

/** What is known of the rows of the screen: found out when asked for, and once. */
class Rows {
  readonly #screen: Words;
  readonly #part: Area;
  readonly #colour: number;
  /** For each row: 0 not known, 1 there is a long enough run, 2 there is none. */
  readonly #runs: Uint8Array;
  /** For each column: how many pixels of the colour lie above each other, ending in the row `#next - 1`. */
  readonly #heights: Int32Array;
  #next = -1;

  constructor(screen: Words, part: Area, colour: number) {
    this.#screen = screen;
    this.#part = part;
    this.#colour = colour;
    this.#runs = new Uint8Array(screen.height);
    this.#heights = new Int32Array(part.width);
  }

  /** The last of these rows in which no `length` pixels in a row have the colour; null when all have them. */
  lastWithoutRun(from: number, to: number, length: number): number | null {
    for (let row = to - 1; row >= from; row--) {
      if (this.#runs[row] === 0) this.#runs[row] = this.#hasRun(row, length) ? 1 : 2;
      if (this.#runs[row] === 2) return row;
    }
    return null;
  }

  /** Heights that end in `row`; pixels above `top` do not have to be counted. */
  heightsUpTo(top: number, row: number): Int32Array {
    if (this.#next < top) {
      this.#heights.fill(0);
      this.#next = top;
    }
    const { words, width } = this.#screen;
    const heights = this.#heights;
    for (; this.#next <= row; this.#next++) {
      const from = this.#next * width + this.#part.left;
      for (let i = 0; i < heights.length; i++) {
        heights[i] = ((words[from + i] ?? 0) & COLOUR) === this.#colour ? (heights[i] ?? 0) + 1 : 0;
      }
    }
    return heights;
  }

  #hasRun(row: number, length: number): boolean {
    const { words, width } = this.#screen;
    const from = row * width + this.#part.left;
    const end = from + this.#part.width;
    const is = (at: number): boolean => ((words[at] ?? 0) & COLOUR) === this.#colour;
    // Every run of this length has one of these pixels.
    for (let at = from + length - 1; at < end; at += length) {
      if (!is(at)) continue;
      let left = at;
      while (left > from && at - left + 1 < length && is(left - 1)) left--;
      let right = at;
      while (right + 1 < end && right - left + 1 < length && is(right + 1)) right++;
      if (right - left + 1 >= length) return true;
    }
    return false;
  }
}

/** As {@link scanFlat}, for a shape that is no rectangle. */
export function scanShape(
  screen: Words,
  shape: Size & { readonly spans: Int32Array },
  colour: number,
  places: Area,
  visit: (x: number, y: number) => boolean,
): void {
  const sums = new Sums(screen, coveredBy(places, shape), colour);
  const rectangles = lookUps(rectanglesOf(shape), sums.stride);
  for (let y = places.top; y < places.top + places.height; y++) {
    const from = sums.indexOf(places.left, y);
    for (let i = 0; i < places.width; i++) {
      if (boundAt(sums.table, from + i, rectangles, 0) === 0 && visit(places.left + i, y)) return;
    }
  }
}

/** A picture's pixels that count, as rectangles: as blocks whose sums are 0, as nothing of them is to differ. */
export function rectanglesOf({ spans }: { readonly spans: Int32Array }): Blocks {
  const open = new Map<string, { x: number; y: number; width: number; height: number }>();
  const done: { x: number; y: number; width: number; height: number }[] = [];
  for (const { row, from, to } of inRows(spans)) {
    const key = `${from}-${to}`;
    const above = open.get(key);
    if (above !== undefined && above.y + above.height === row) {
      above.height++;
      continue;
    }
    const rectangle = { x: from, y: row, width: to - from, height: 1 };
    open.set(key, rectangle);
    done.push(rectangle);
  }
  return {
    count: done.length,
    x: Int32Array.from(done, ({ x }) => x),
    y: Int32Array.from(done, ({ y }) => y),
    width: Int32Array.from(done, ({ width }) => width),
    height: Int32Array.from(done, ({ height }) => height),
    sum: new Int32Array(done.length),
    extremes: new Int32Array(done.length),
  };
}

function inRows(spans: Int32Array): { row: number; from: number; to: number }[] {
  const rows: { row: number; from: number; to: number }[] = [];
  for (let i = 0; i < spans.length; i += 3) {
    rows.push({ row: spans[i] ?? 0, from: spans[i + 1] ?? 0, to: spans[i + 2] ?? 0 });
  }
  return rows.sort((a, b) => a.row - b.row || a.from - b.from);
}
