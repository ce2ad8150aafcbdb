/** Ranking places by what their blocks differ by. */
import type { Area } from './area.js';
import { boundAt, type Sums } from './blocks.js';

/** Places in reading order, each with its bound: the less, the better. */
export class Ranked {
  #count = 0;
  #xs = new Int32Array(1024);
  #ys = new Int32Array(1024);
  #bounds = new Int32Array(1024);

  get count(): number {
    return this.#count;
  }

  x(index: number): number {
    return this.#xs[index] ?? 0;
  }

  y(index: number): number {
    return this.#ys[index] ?? 0;
  }

  bound(index: number): number {
    return this.#bounds[index] ?? 0;
  }

  add(x: number, y: number, bound: number): void {
    if (this.#count === this.#bounds.length) {
      this.#xs = grown(this.#xs);
      this.#ys = grown(this.#ys);
      this.#bounds = grown(this.#bounds);
    }
    this.#xs[this.#count] = x;
    this.#ys[this.#count] = y;
    this.#bounds[this.#count] = bound;
    this.#count++;
  }

  /** Keeps `most` places: those of the least bounds, the earlier of equal ones. Returns the greatest bound kept. */
  keepBest(most: number): number {
    const sorted = this.#bounds.slice(0, this.#count).sort();
    const greatest = sorted[most - 1] ?? 0;
    let equal = most;
    while (equal > 0 && sorted[equal - 1] === greatest) equal--;
    let room = most - equal;
    const before = this.#count;
    this.#count = 0;
    for (let i = 0; i < before; i++) {
      const bound = this.bound(i);
      if (bound > greatest || (bound === greatest && room-- <= 0)) continue;
      this.add(this.x(i), this.y(i), bound);
    }
    return greatest;
  }

  /** Indices by their bounds, then in reading order. Takes linear time; bounds are told apart to a 4096th of the most. */
  order(): Int32Array {
    let most = 1;
    for (let i = 0; i < this.#count; i++) most = Math.max(most, this.bound(i));
    const scale = (BUCKETS - 1) / most;
    const ends = new Int32Array(BUCKETS + 1);
    for (let i = 0; i < this.#count; i++) {
      const bucket = Math.floor(this.bound(i) * scale) + 1;
      ends[bucket] = (ends[bucket] ?? 0) + 1;
    }
    for (let bucket = 1; bucket <= BUCKETS; bucket++) ends[bucket] = (ends[bucket] ?? 0) + (ends[bucket - 1] ?? 0);
    const order = new Int32Array(this.#count);
    for (let i = 0; i < this.#count; i++) {
      const bucket = Math.floor(this.bound(i) * scale);
      const at = ends[bucket] ?? 0;
      order[at] = i;
      ends[bucket] = at + 1;
    }
    return order;
  }
}

const BUCKETS = 4096;

function grown(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * array.length);
  larger.set(array);
  return larger;
}

/** All places of which the bound is at most `limit`. */
export function rankAll(sums: Sums, blocks: Int32Array, { left, top, width, height }: Area, limit: number): Ranked {
  const ranked = new Ranked();
  for (let y = top; y < top + height; y++) {
    const from = sums.indexOf(left, y);
    for (let i = 0; i < width; i++) {
      const bound = boundAt(sums.table, from + i, blocks, limit);
      if (bound <= limit) ranked.add(left + i, y, bound);
    }
  }
  return ranked;
}

/** Keeps the `most` places of the least bounds, the earlier of equal ones. Places have to come in reading order. */
export class Best {
  readonly #ranked = new Ranked();
  readonly #most: number;
  #limit = Infinity;

  constructor(most: number) {
    this.#most = most;
  }

  add(x: number, y: number, bound: number): void {
    if (bound > this.#limit) return;
    this.#ranked.add(x, y, bound);
    // What is only as good as the last that is kept comes later, and is not kept.
    if (this.#ranked.count === 2 * this.#most) this.#limit = this.#ranked.keepBest(this.#most) - 1;
  }

  /** In reading order. */
  places(): { x: number; y: number }[] {
    if (this.#ranked.count > this.#most) this.#ranked.keepBest(this.#most);
    return Array.from({ length: this.#ranked.count }, (_, i) => ({ x: this.#ranked.x(i), y: this.#ranked.y(i) }));
  }
}
