/**
 * pixelmatch's rule for anti-aliasing once more, written to be looked into: it says by which way a pixel was decided.
 * That it is pixelmatch's rule is asserted by its count.
 */
import { maxDeltaOf } from './counter.js';
import { pixelsOf, type Picture } from './picture.js';

/** Every way through the rule. */
export const WAYS = [
  /** The difference itself. */
  'within the threshold',
  'anti-aliasing counted',
  /** Of the first picture, then of the second. */
  'first looks smoothed',
  'second looks smoothed',
  'neither looks smoothed',
  /** Of one picture. */
  'more than two equal neighbours',
  'more than two equal neighbours, one of them an edge',
  'none darker',
  'none brighter',
  'flat around the darkest in both',
  'flat around the darkest in one only',
  'flat around the brightest in both',
  'flat around the brightest in one only',
  'flat around neither',
  /** Of the neighbour that is looked at. */
  'siblings, one of them an edge',
  'darkest tied',
  'brightest tied',
  /** Blending. */
  'blended difference',
  'blended brightness',
] as const;

export type Way = (typeof WAYS)[number];
export type Ways = Map<Way, number>;

export interface Rule {
  threshold: number;
  includeAA: boolean;
}

/** Counts as pixelmatch does, and adds to `ways` how often each way was taken. */
export function countByRule(first: Picture, second: Picture, { threshold, includeAA }: Rule, ways: Ways): number {
  const look = new Look(first, second, ways);
  let count = 0;
  for (let y = 0; y < first.height; y++) {
    for (let x = 0; x < first.width; x++) {
      const at = y * first.width + x;
      if (look.first[at] === look.second[at]) continue;
      if (look.delta(at) <= maxDeltaOf(threshold)) look.took('within the threshold');
      else if (includeAA) count += look.took('anti-aliasing counted');
      else if (look.smoothed(look.first, look.second, x, y)) look.took('first looks smoothed');
      else if (look.smoothed(look.second, look.first, x, y)) look.took('second looks smoothed');
      else count += look.took('neither looks smoothed');
    }
  }
  return count;
}

interface Extreme {
  delta: number;
  x: number;
  y: number;
  tied: boolean;
}

class Look {
  readonly first: Uint32Array;
  readonly second: Uint32Array;
  readonly #width: number;
  readonly #height: number;
  readonly #ways: Ways;

  constructor(first: Picture, second: Picture, ways: Ways) {
    this.first = pixelsOf(first);
    this.second = pixelsOf(second);
    this.#width = first.width;
    this.#height = first.height;
    this.#ways = ways;
  }

  took(way: Way): 1 {
    this.#ways.set(way, (this.#ways.get(way) ?? 0) + 1);
    return 1;
  }

  /** The YIQ distance, squared. */
  delta(at: number): number {
    const [a, b] = [this.first[at] ?? 0, this.second[at] ?? 0];
    if (!opaque(a) || !opaque(b)) this.took('blended difference');
    const [red, green, blue] = channels(a, b, at);
    const y = red * 0.29889531 + green * 0.58662247 + blue * 0.11448223;
    const i = red * 0.59597799 - green * 0.2741761 - blue * 0.32180189;
    const q = red * 0.21147017 - green * 0.52261711 + blue * 0.31114694;
    return 0.5053 * y * y + 0.299 * i * i + 0.1957 * q * q;
  }

  smoothed(own: Uint32Array, other: Uint32Array, x: number, y: number): boolean {
    const at = y * this.#width + x;
    const darkest: Extreme = { delta: 0, x: 0, y: 0, tied: false };
    const brightest: Extreme = { delta: 0, x: 0, y: 0, tied: false };
    const edge = this.#isEdge(x, y) ? 1 : 0;
    let zeroes = edge;
    for (const [column, row] of this.#around(x, y)) {
      const delta = this.#brightness(own, at, row * this.#width + column);
      if (delta === 0) zeroes++;
      else if (delta < 0) note(darkest, delta, column, row);
      else note(brightest, delta, column, row);
    }
    if (zeroes > 2) {
      this.took(edge === 0 ? 'more than two equal neighbours' : 'more than two equal neighbours, one of them an edge');
      return false;
    }
    if (darkest.delta === 0 || brightest.delta === 0) {
      this.took(darkest.delta === 0 ? 'none darker' : 'none brighter');
      return false;
    }
    if (darkest.tied) this.took('darkest tied');
    if (brightest.tied) this.took('brightest tied');
    if (this.#flat(own, other, darkest, 'darkest') || this.#flat(own, other, brightest, 'brightest')) return true;
    this.took('flat around neither');
    return false;
  }

  #flat(own: Uint32Array, other: Uint32Array, { x, y }: Extreme, which: 'darkest' | 'brightest'): boolean {
    const flat = [own, other].filter((pixels) => this.#siblings(pixels, x, y) > 2).length;
    if (flat > 0) this.took(flat === 2 ? `flat around the ${which} in both` : `flat around the ${which} in one only`);
    return flat === 2;
  }

  #siblings(pixels: Uint32Array, x: number, y: number): number {
    const own = pixels[y * this.#width + x];
    let count = 0;
    for (const [column, row] of this.#around(x, y)) if (pixels[row * this.#width + column] === own) count++;
    if (!this.#isEdge(x, y)) return count;
    if (count === 2) this.took('siblings, one of them an edge');
    return count + 1;
  }

  #brightness(pixels: Uint32Array, at: number, neighbour: number): number {
    const [a, b] = [pixels[at] ?? 0, pixels[neighbour] ?? 0];
    if (a === b) return 0;
    if (!opaque(a) || !opaque(b)) this.took('blended brightness');
    const [red, green, blue] = channels(a, b, at);
    return red * 0.29889531 + green * 0.58662247 + blue * 0.11448223;
  }

  /** Column by column. */
  #around(x: number, y: number): [number, number][] {
    return [x - 1, x, x + 1]
      .flatMap((column) => [y - 1, y, y + 1].map((row): [number, number] => [column, row]))
      .filter(([column, row]) => column >= 0 && column < this.#width && row >= 0 && row < this.#height)
      .filter(([column, row]) => column !== x || row !== y);
  }

  #isEdge(x: number, y: number): boolean {
    return x === 0 || y === 0 || x === this.#width - 1 || y === this.#height - 1;
  }
}

function note(extreme: Extreme, delta: number, x: number, y: number): void {
  if (delta === extreme.delta) extreme.tied = true;
  if (Math.abs(delta) > Math.abs(extreme.delta)) Object.assign(extreme, { delta, x, y, tied: false });
}

function opaque(pixel: number): boolean {
  return pixel >>> 24 === 255;
}

function channels(a: number, b: number, at: number): [number, number, number] {
  const difference = (shift: number, behind: number): number => {
    const [first, second] = [(a >>> shift) & 255, (b >>> shift) & 255];
    if (opaque(a) && opaque(b)) return first - second;
    const [alpha1, alpha2] = [a >>> 24, b >>> 24];
    return (first * alpha1 - second * alpha2 - behind * (alpha1 - alpha2)) / 255;
  };
  const byte = 4 * at;
  return [
    difference(0, 48 + 159 * (byte % 2)),
    difference(8, 48 + 159 * (Math.trunc(byte / 1.618033988749895) % 2)),
    difference(16, 48 + 159 * (Math.trunc(byte / 2.618033988749895) % 2)),
  ];
}
