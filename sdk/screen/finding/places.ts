/** Places that were found. Of places that overlap, only one is kept: a picture is not on the screen twice at once. */

export interface Place {
  x: number;
  y: number;
  /** Sum of absolute differences. */
  sum: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

export class Places {
  readonly #size: Size;
  /** By cells of the picture's size: at most one place begins in each, as places in the same cell overlap. */
  readonly #cells = new Map<number, Map<number, Place>>();
  readonly #all: Place[] = [];

  constructor(size: Size) {
    this.#size = size;
  }

  get all(): readonly Place[] {
    return this.#all;
  }

  /** A place kept that overlaps this one. */
  overlapping(x: number, y: number): Place | null {
    const { width, height } = this.#size;
    const [column, row] = [Math.floor(x / width), Math.floor(y / height)];
    for (let r = row - 1; r <= row + 1; r++) {
      const cells = this.#cells.get(r);
      if (cells === undefined) continue;
      for (let c = column - 1; c <= column + 1; c++) {
        const place = cells.get(c);
        if (place !== undefined && Math.abs(place.x - x) < width && Math.abs(place.y - y) < height) return place;
      }
    }
    return null;
  }

  /** Keeps a place, unless it overlaps one. */
  add(place: Place): boolean {
    if (this.overlapping(place.x, place.y) !== null) return false;
    const row = Math.floor(place.y / this.#size.height);
    const cells = this.#cells.get(row) ?? new Map<number, Place>();
    cells.set(Math.floor(place.x / this.#size.width), place);
    this.#cells.set(row, cells);
    this.#all.push(place);
    return true;
  }
}

/** In reading order. */
export function inOrder(a: { x: number; y: number }, b: { x: number; y: number }): number {
  return a.y - b.y || a.x - b.x;
}
