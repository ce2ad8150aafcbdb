/**
 * The pyramid: sums over blocks of pixels, of the picture and, at every place, of the screen.
 *
 * The difference of two sums is never more than the sum of the differences. So what blocks differ by is a lower bound of
 * what pixels differ by: a place that is out by its blocks is out for good. And as the sums of the screen are taken at
 * every pixel, not at every fourth, there is no phase in which a picture could be missed.
 */
import type { Area } from './area.js';
import { brightness, difference, TRANSPARENT, type Words } from './words.js';

/** Blocks of a picture, by index. Blocks that hold transparent pixels are left out: their bound is 0. */
export interface Blocks {
  readonly count: number;
  readonly x: Int32Array;
  readonly y: Int32Array;
  readonly width: Int32Array;
  readonly height: Int32Array;
  /** Red, green and blue of all pixels, added. */
  readonly sum: Int32Array;
  /** How many of the channels are nearly as light as can be, less those that are nearly as dark as can be. */
  readonly extremes: Int32Array;
}

/** Cuts a picture into blocks of about `size`, all of nearly the same size. */
export function cutBlocks(picture: Words, size: number): Blocks {
  const columns = cuts(picture.width, size);
  const rows = cuts(picture.height, size);
  const found: number[][] = [];
  for (const [top, bottom] of rows) {
    for (const [left, right] of columns) {
      const block = { left, top, width: right - left, height: bottom - top };
      const sums = sumsOf(picture, block);
      if (sums !== null) found.push([left, top, block.width, block.height, ...sums]);
    }
  }
  const field = (index: number): Int32Array => Int32Array.from(found, (block) => block[index] ?? 0);
  return {
    count: found.length,
    x: field(0),
    y: field(1),
    width: field(2),
    height: field(3),
    sum: field(4),
    extremes: field(5),
  };
}

function cuts(length: number, size: number): [from: number, to: number][] {
  const parts = Math.max(1, Math.round(length / size));
  return Array.from({ length: parts }, (_, i) => [
    Math.floor((i * length) / parts),
    Math.floor(((i + 1) * length) / parts),
  ]);
}

/** Channels from here on are nearly as light as can be; those as far from 0 are nearly as dark. */
const LIGHT = 240;

/** A block's sum and its extremes; null when a pixel is transparent. */
function sumsOf({ words, width }: Words, { left, top, ...block }: Area): [sum: number, extremes: number] | null {
  let sum = 0;
  let extremes = 0;
  for (let y = top; y < top + block.height; y++) {
    for (let x = left; x < left + block.width; x++) {
      const word = words[y * width + x] ?? TRANSPARENT;
      if (word === TRANSPARENT) return null;
      sum += brightness(word);
      for (let shift = 0; shift < 24; shift += 8) {
        const channel = (word >>> shift) & 255;
        if (channel >= LIGHT) extremes++;
        else if (channel <= 255 - LIGHT) extremes--;
      }
    }
  }
  return [sum, extremes];
}

/**
 * A summed-area table of a part of a screen: any rectangle's sum in four look-ups. Sums wrap at 2^32; what is asked for
 * is a difference, and right as long as it is below 2^31 (2.8 million pixels).
 */
export class Sums {
  readonly part: Area;
  /** Entries of a row: one more than the part is wide. */
  readonly stride: number;
  readonly table: Int32Array;

  /** Sums of brightness; with a colour, of what pixels differ from it by. */
  constructor({ words, width }: Words, part: Area, colour: number | null) {
    this.part = part;
    this.stride = part.width + 1;
    this.table = new Int32Array(this.stride * (part.height + 1));
    const { table, stride } = this;
    for (let y = 0; y < part.height; y++) {
      let row = 0;
      const from = (part.top + y) * width + part.left;
      const above = y * stride + 1;
      for (let x = 0; x < part.width; x++) {
        const word = words[from + x] ?? 0;
        row += colour === null ? brightness(word) : difference(word, colour);
        table[above + stride + x] = (table[above + x] ?? 0) + row;
      }
    }
  }

  /** Where the sums of a place begin. */
  indexOf(x: number, y: number): number {
    return (y - this.part.top) * this.stride + x - this.part.left;
  }
}

/** Numbers of a look-up. */
export const LOOK_UP = 6;

/** Blocks as look-ups in a table: four offsets, the sum and the extremes for each. */
export function lookUps(blocks: Blocks, stride: number): Int32Array {
  const found = new Int32Array(LOOK_UP * blocks.count);
  for (let i = 0; i < blocks.count; i++) {
    const at = (blocks.y[i] ?? 0) * stride + (blocks.x[i] ?? 0);
    const down = (blocks.height[i] ?? 0) * stride;
    const right = blocks.width[i] ?? 0;
    found.set([at, at + right, at + down, at + down + right, blocks.sum[i] ?? 0, blocks.extremes[i] ?? 0], LOOK_UP * i);
  }
  return found;
}

/** What the blocks at a place differ by; given up when it is more than `limit`. */
export function boundAt(table: Int32Array, at: number, blocks: Int32Array, limit: number): number {
  let bound = 0;
  for (let i = 0; i < blocks.length; i += LOOK_UP) {
    const sum =
      (table[at + (blocks[i] ?? 0)] ?? 0) -
      (table[at + (blocks[i + 1] ?? 0)] ?? 0) -
      (table[at + (blocks[i + 2] ?? 0)] ?? 0) +
      (table[at + (blocks[i + 3] ?? 0)] ?? 0);
    bound += Math.abs((sum - (blocks[i + 4] ?? 0)) | 0);
    if (bound > limit) return bound;
  }
  return bound;
}

/**
 * Measures how a place differs by its blocks, where noise is allowed for. At white, noise only makes darker, and at black
 * only lighter: any place that is a little darker than white then has a lower bound than the right one. So what the
 * blocks differ by in step with their extremes, as noise makes them, is left out.
 */
export class Likeness {
  /** How much a channel may be changed by noise in the mean. */
  readonly #noise: number;
  readonly #differences: Int32Array;

  /** @param most how many blocks there may be */
  constructor(most: number, noise: number) {
    this.#noise = noise;
    this.#differences = new Int32Array(most);
  }

  /** The less, the more alike. */
  at(table: Int32Array, at: number, blocks: Int32Array): number {
    const differences = this.#differences;
    const count = blocks.length / LOOK_UP;
    let inStep = 0;
    let squares = 0;
    for (let k = 0, i = 0; k < count; k++, i += LOOK_UP) {
      const sum =
        (table[at + (blocks[i] ?? 0)] ?? 0) -
        (table[at + (blocks[i + 1] ?? 0)] ?? 0) -
        (table[at + (blocks[i + 2] ?? 0)] ?? 0) +
        (table[at + (blocks[i + 3] ?? 0)] ?? 0);
      const difference = (sum - (blocks[i + 4] ?? 0)) | 0;
      const extremes = blocks[i + 5] ?? 0;
      differences[k] = difference;
      inStep += difference * extremes;
      squares += extremes * extremes;
    }
    const shift = squares === 0 ? 0 : Math.max(0, Math.min(this.#noise, inStep / squares));
    let unlike = 0;
    for (let k = 0; k < count; k++) {
      unlike += Math.abs((differences[k] ?? 0) - shift * (blocks[LOOK_UP * k + 5] ?? 0));
    }
    return Math.round(unlike);
  }
}
