/** Stretches of a disk that nothing uses. */
import type { Blocks } from '../../engines/blocks.js';

/** Bytes. */
export interface Range {
  from: number;
  to: number;
}

/** What is found out of one file system. */
export type FreeSpace =
  | { kind: 'found'; name: string; ranges: Range[] }
  /** What is free in it cannot be told, or not relied upon. */
  | { kind: 'left'; name: string; why: string }
  /** Another file system, or none. */
  | { kind: 'other' };

/** A part of a disk. */
export interface Part {
  blocks: Blocks;
  /** Bytes. */
  start: number;
  size: number;
}

/** @returns null: that is not all within the part */
export function partView({ blocks, start, size }: Part, offset: number, length: number): DataView | null {
  if (!Number.isSafeInteger(offset) || offset < 0 || length < 0 || offset + length > size) return null;
  const bytes = blocks.read(start + offset, length);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Collects ranges that come in ascending order. */
export class Ranges {
  readonly all: Range[] = [];

  add(from: number, to: number): void {
    const last = this.all.at(-1);
    if (last?.to === from) last.to = to;
    else this.all.push({ from, to });
  }
}

/** Reads as `blocks` does, but for zeros in these stretches. */
export class WithoutRanges implements Blocks {
  readonly size: number;
  readonly #blocks: Blocks;
  readonly #ranges: readonly Range[];

  /** @param ranges apart from each other */
  constructor(blocks: Blocks, ranges: readonly Range[]) {
    this.#blocks = blocks;
    this.size = blocks.size;
    this.#ranges = [...ranges].sort((a, b) => a.from - b.from);
  }

  read(offset: number, length: number): Uint8Array {
    const end = offset + length;
    const first = this.#firstAfter(offset);
    const whole = this.#ranges[first];
    if (whole !== undefined && whole.from <= offset && whole.to >= end) return new Uint8Array(length);
    const bytes = this.#blocks.read(offset, length);
    for (let i = first; i < this.#ranges.length; i++) {
      const range = this.#ranges[i];
      if (range === undefined || range.from >= end) break;
      bytes.fill(0, Math.max(0, range.from - offset), Math.min(length, range.to - offset));
    }
    return bytes;
  }

  write(): never {
    throw new Error('this is for reading');
  }

  flush(): void {
    // Nothing is written.
  }

  /** Index of the first range that ends after `offset`. */
  #firstAfter(offset: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ranges[middle]?.to ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
