/** What a viewer has been sent of a screen. */
import type { Region } from '../screen/content.js';
import { TILE_HEIGHT, TILE_WIDTH, type ScreenBoard } from './screen-board.js';
import { findScroll, type Scroll } from './scroll.js';

/** About so many rectangles are in one update, whose number of them has 16 bits. What is more is in the next. */
const MAX_RECTANGLES = 4096;

/** Share of a screen that has to have changed before it is looked at whether it has moved: a letter that is typed has not. */
const FEWEST_CHANGED = 1 / 8;

export class Viewed {
  readonly #board: ScreenBoard;
  #seen: Uint32Array;
  #sizes: number;
  /** The pixels that it has where it has been sent any; null: whether something has moved is of no use to it. */
  #has: Uint32Array | null = null;

  constructor(board: ScreenBoard) {
    this.#board = board;
    this.#seen = new Uint32Array(board.versions.length);
    this.#sizes = board.sizes;
  }

  /** Whether the viewer can move what it has. */
  set moves(can: boolean) {
    if (can === (this.#has !== null)) return;
    this.#has = can ? new Uint32Array(this.#board.pixels.length) : null;
    // What it was sent before was not kept.
    if (can) this.#seen.fill(0);
  }

  /**
   * Rows over the whole width that the viewer is to move before it takes what else is new: it counts as having done so.
   * Null: nothing has moved, or not all of what it has is known.
   */
  scroll(): Scroll | null {
    this.#adapt();
    const [has, board] = [this.#has, this.#board];
    if (has === null || this.#seen.includes(0)) return null;
    const changed = this.#seen.reduce((count, version, i) => count + Number(version !== board.versions[i]), 0);
    if (changed < this.#seen.length * FEWEST_CHANGED) return null;
    const scroll = findScroll(has, board.pixels, board.width);
    if (scroll === null) return null;
    const { from, to, rows } = scroll;
    has.copyWithin(to * board.width, from * board.width, (from + rows) * board.width);
    for (const [tile, version] of board.versions.entries()) {
      const row = Math.floor(tile / board.columns);
      const bottom = Math.min(board.height, (row + 1) * TILE_HEIGHT);
      if (row * TILE_HEIGHT >= to && bottom <= to + rows) this.#seen[tile] = version;
    }
    return scroll;
  }

  /** Nothing of this part counts as sent any more. */
  forget(part: Region): void {
    this.#adapt();
    const { left, top, right, bottom } = this.#tiles(part);
    for (let row = top; row < bottom; row++) {
      this.#seen.fill(0, row * this.#board.columns + left, row * this.#board.columns + right);
    }
  }

  /**
   * What of the tiles that this part touches is to be sent: rectangles of whole tiles, and it counts as sent from now on.
   * Empty: nothing.
   */
  take(part: Region): Region[] {
    this.#adapt();
    const { left, top, right, bottom } = this.#tiles(part);
    const found: Region[] = [];
    // Those that the row before ended with: what is below one of them makes it higher.
    let above: Region[] = [];
    for (let row = top; row < bottom && found.length < MAX_RECTANGLES; row++) {
      const here: Region[] = [];
      for (const span of this.#takeRow(row, left, right)) {
        const higher = above.find((one) => one.x === span.x && one.width === span.width);
        if (higher === undefined) found.push(span);
        else higher.height++;
        here.push(higher ?? span);
      }
      above = here;
    }
    const parts = found.map((tiles) => this.#pixels(tiles));
    if (this.#has !== null) for (const taken of parts) copyPart(this.#board, taken, this.#has);
    return parts;
  }

  /** Runs of tiles next to each other, in tiles. */
  #takeRow(row: number, left: number, right: number): Region[] {
    const { versions, columns } = this.#board;
    const spans: Region[] = [];
    for (let column = left; column < right; column++) {
      const tile = row * columns + column;
      const version = versions[tile] ?? 0;
      if (version === this.#seen[tile]) continue;
      this.#seen[tile] = version;
      const last = spans.at(-1);
      if (last !== undefined && last.x + last.width === column) last.width++;
      else spans.push({ x: column, y: row, width: 1, height: 1 });
    }
    return spans;
  }

  /** The screen has another size: all of it is new. */
  #adapt(): void {
    if (this.#sizes === this.#board.sizes) return;
    this.#sizes = this.#board.sizes;
    this.#seen = new Uint32Array(this.#board.versions.length);
    if (this.#has !== null) this.#has = new Uint32Array(this.#board.pixels.length);
  }

  #tiles({ x, y, width, height }: Region): { left: number; top: number; right: number; bottom: number } {
    const { columns, rows } = this.#board;
    if (width <= 0 || height <= 0) return { left: 0, top: 0, right: 0, bottom: 0 };
    return {
      left: Math.floor(x / TILE_WIDTH),
      top: Math.floor(y / TILE_HEIGHT),
      right: Math.min(columns, Math.ceil((x + width) / TILE_WIDTH)),
      bottom: Math.min(rows, Math.ceil((y + height) / TILE_HEIGHT)),
    };
  }

  #pixels({ x, y, width, height }: Region): Region {
    const [left, top] = [x * TILE_WIDTH, y * TILE_HEIGHT];
    return {
      x: left,
      y: top,
      width: Math.min(this.#board.width - left, width * TILE_WIDTH),
      height: Math.min(this.#board.height - top, height * TILE_HEIGHT),
    };
  }
}

function copyPart({ pixels, width: stride }: ScreenBoard, { x, y, width, height }: Region, target: Uint32Array): void {
  for (let at = y * stride + x; at < (y + height) * stride; at += stride) {
    target.set(pixels.subarray(at, at + width), at);
  }
}
