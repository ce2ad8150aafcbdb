/** What was read before, by the bytes that it was read from. */
import type { Grey } from './strip.js';

/**
 * A digest of a prepared line: two 32-bit FNV-like sums with different multipliers over words, and the size. Not for
 * adversaries: equal pictures give equal digests, others collide once in 2^60.
 */
export function digestOf({ width, height, grey }: Grey): string {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (const byte of grey) {
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b + byte, 0x85ebca6b);
    b ^= b >>> 15;
  }
  return `${width}x${height}:${(a >>> 0).toString(16)}:${(b >>> 0).toString(16)}`;
}

/** Keeps so many values; what was not asked for longest goes first. */
export class Memo<T> {
  readonly #values = new Map<string, T>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#values.size;
  }

  get(key: string): T | undefined {
    const value = this.#values.get(key);
    if (value !== undefined) {
      // A Map keeps the order of insertion: the last used is the last in it.
      this.#values.delete(key);
      this.#values.set(key, value);
    }
    return value;
  }

  set(key: string, value: T): void {
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size <= this.#limit) return;
    for (const oldest of this.#values.keys()) {
      this.#values.delete(oldest);
      return;
    }
  }

  delete(key: string): void {
    this.#values.delete(key);
  }
}
