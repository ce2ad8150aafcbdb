/** One line of text over anything: cells side by side, each with the one colour of ink that makes a shape of it. */
import { BLANK, RIGHT_HALF, UNKNOWN } from './cells.js';
import type { Pixels } from './detect.js';
import type { Ink } from './ink.js';
import { HASH_STEP, STRONG, wideHash, type ShapeTable } from './shapes.js';

/** As many cells as fit on the picture's width from `x` on. */
export interface Line {
  table: ShapeTable;
  x: number;
  y: number;
  shapes: Int32Array;
  /** The colour of each cell's ink. */
  ink: Uint32Array;
}

export class LineReader {
  private readonly left: Uint32Array;
  private readonly right: Uint32Array;

  constructor(
    private readonly picture: Pixels,
    private readonly table: ShapeTable,
    private readonly inks: readonly Ink[],
  ) {
    this.left = new Uint32Array(table.height);
    this.right = new Uint32Array(table.height);
  }

  /** @param x the left edge of the first cell */
  read(x: number, y: number): Line {
    const { table } = this;
    const count = Math.floor((this.picture.width - x) / table.width);
    const line: Line = { table, x, y, shapes: new Int32Array(count).fill(BLANK), ink: new Uint32Array(count) };
    for (const ink of this.inks) {
      for (let cell = 0; cell < count; cell++) {
        const found = this.readCell(x + cell * table.width, y, ink, cell + 1 < count);
        if (found === BLANK || !this.isBetter(found, line.shapes[cell] ?? BLANK)) continue;
        line.shapes[cell] = found;
        line.ink[cell] = ink.low;
        if (found < table.firstWide) continue;
        line.shapes[++cell] = RIGHT_HALF;
        line.ink[cell] = ink.low;
      }
    }
    return line;
  }

  /** A shape, BLANK where there is no such ink, UNKNOWN where something has. */
  private readCell(x: number, y: number, ink: Ink, hasNext: boolean): number {
    const { table, left, right } = this;
    const hash = this.bitsOf(x, y, ink, left);
    const shape = hash === 0 ? -1 : table.find(hash, left, 0);
    if (shape >= 0) return shape;
    if (table.hasWide && hasNext) {
      const next = this.bitsOf(x + table.width, y, ink, right);
      const wide = hash === 0 && next === 0 ? -1 : table.findWide(wideHash(hash, next), left, right, 0, 0);
      // A wide shape whose left half is blank is believed only where its right half is nothing else.
      if (wide >= 0 && (hash !== 0 || table.find(next, right, 0) < 0)) return wide;
    }
    return hash === 0 ? BLANK : UNKNOWN;
  }

  private bitsOf(x: number, y: number, { values, low, span, extents }: Ink, bits: Uint32Array): number {
    const { width } = this.picture;
    const { table } = this;
    let hash = 0;
    for (let row = 0; row < table.height; row++) {
      const at = (y + row) * width + x;
      let word = 0;
      const [from, end] = [extents[2 * (y + row)] ?? 0, extents[2 * (y + row) + 1] ?? 0];
      if (from < x + table.width && end > x) {
        for (let i = 0; i < table.width; i++)
          word = (word << 1) | (((values[at + i] ?? 0) - low) >>> 0 <= span ? 1 : 0);
      }
      bits[row] = word;
      hash = (Math.imul(hash, HASH_STEP) + word) | 0;
    }
    return hash;
  }

  /** A letter before a sign, a sign before something unknown. */
  private isBetter(shape: number, other: number): boolean {
    if (other === BLANK) return true;
    if (other === RIGHT_HALF || shape < 0) return false;
    if (other === UNKNOWN) return true;
    const strong = (each: number) => ((this.table.flags[each] ?? 0) & STRONG) !== 0;
    return strong(shape) && !strong(other);
  }
}
