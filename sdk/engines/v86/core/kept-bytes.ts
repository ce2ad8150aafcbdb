/** Bytes that are kept to be compared with the next ones: a frame buffer of 3 MB in a fraction of a millisecond. */

/**
 * A WebAssembly module with a memory `m` and `f(a, b, end)`: the first address from `a` up to `end`, in steps of 32,
 * at which the 32 bytes differ from those at `b`; `end` when none do. JavaScript can only compare 4 bytes at a time, and
 * takes four times as long.
 */
const CODE = Uint8Array.from(
  [
    [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic, version
    [0x01, 0x08, 0x01, 0x60, 0x03, 0x7f, 0x7f, 0x7f, 0x01, 0x7f], // type: (i32, i32, i32) -> i32
    [0x03, 0x02, 0x01, 0x00], // one function of it
    [0x05, 0x03, 0x01, 0x00, 0x01], // one memory, from one page
    [0x07, 0x09, 0x02, 0x01, 0x6d, 0x02, 0x00, 0x01, 0x66, 0x00, 0x00], // exports m, f
    [0x0a, 0x56, 0x01, 0x54, 0x00, 0x02, 0x40, 0x03, 0x40], // code: block, loop
    [0x20, 0x00, 0x20, 0x02, 0x4f, 0x0d, 0x01], // leave when a >= end
    ...[0x00, 0x08, 0x10, 0x18].map((offset) => [
      ...[0x20, 0x00, 0x29, 0x03, offset, 0x20, 0x01, 0x29, 0x03, offset, 0x85], // load a, load b, xor
      ...(offset === 0 ? [] : [0x84]), // or
    ]),
    [0x50, 0x45, 0x0d, 0x01], // leave when not zero
    [0x20, 0x00, 0x41, 0x20, 0x6a, 0x21, 0x00], // a += 32
    [0x20, 0x01, 0x41, 0x20, 0x6a, 0x21, 0x01], // b += 32
    [0x0c, 0x00, 0x0b, 0x0b, 0x20, 0x00, 0x0b], // again; return a
  ].flat(),
);

const PAGE = 65536;
const STEP = 32;

export class KeptBytes {
  readonly #memory: WebAssembly.Memory;
  readonly #firstDifference: (a: number, b: number, end: number) => number;
  /** -1: nothing was kept yet. */
  #length = -1;
  /** Bytes of each of the two slots; the kept bytes are in slot `#slot`. */
  #capacity = PAGE / 2;
  #slot: 0 | 1 = 0;

  constructor() {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(CODE));
    this.#memory = exports['m'] as WebAssembly.Memory;
    this.#firstDifference = exports['f'] as (a: number, b: number, end: number) => number;
  }

  /** Whether these bytes differ from the last ones; keeps a copy. True at the first call. */
  changed(bytes: Uint8Array): boolean {
    const same = bytes.length === this.#length;
    if (bytes.length > this.#capacity) this.#grow(bytes.length);
    const end = Math.ceil(bytes.length / STEP) * STEP;
    const slot = this.#slot === 0 ? 1 : 0;
    const target = new Uint8Array(this.#memory.buffer, slot * this.#capacity, end);
    target.set(bytes);
    target.fill(0, bytes.length);
    const start = target.byteOffset;
    const kept = this.#slot * this.#capacity;
    if (same && this.#firstDifference(start, kept, start + end) === start + end) return false;
    this.#length = bytes.length;
    this.#slot = slot;
    return true;
  }

  /** Loses what was kept, which has another length anyway. */
  #grow(length: number): void {
    const pages = Math.ceil(length / PAGE);
    this.#memory.grow(2 * pages - this.#memory.buffer.byteLength / PAGE);
    this.#capacity = pages * PAGE;
  }
}
