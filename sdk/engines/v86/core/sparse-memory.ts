/**
 * A copy of a machine's memory that leaves out what is zero: of a small Linux in 128 MB that is two thirds, and making
 * room for bytes costs more than copying them.
 */

/** Bytes of a page. */
export const PAGE = 4096;

/** Bytes that are looked at together. */
const STEP = 32;

/** Plain data. */
export interface SparseMemory {
  /** Size of the memory, bytes; whole pages. */
  length: number;
  /** Numbers of the pages that are not zero, ascending. */
  pages: Uint32Array;
  /** Those pages, one after the other. */
  bytes: Uint8Array;
}

/**
 * A WebAssembly module that imports the memory (`e.m`) and exports `f(at, end)`: the first address from `at` up to `end`, in
 * steps of 32, at which the 32 bytes are not all zero; `end` when there is none. JavaScript takes several times as long.
 */
const CODE = Uint8Array.from(
  [
    [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic, version
    [0x01, 0x07, 0x01, 0x60, 0x02, 0x7f, 0x7f, 0x01, 0x7f], // type: (i32, i32) -> i32
    [0x02, 0x08, 0x01, 0x01, 0x65, 0x01, 0x6d, 0x02, 0x00, 0x01], // import memory e.m, one page or more
    [0x03, 0x02, 0x01, 0x00], // one function of that type
    [0x07, 0x05, 0x01, 0x01, 0x66, 0x00, 0x00], // export f
    [0x0a, 0x37, 0x01, 0x35, 0x00, 0x02, 0x40, 0x03, 0x40], // code: block, loop
    [0x20, 0x00, 0x20, 0x01, 0x4f, 0x0d, 0x01], // leave when at >= end
    ...[0x00, 0x08, 0x10, 0x18].map((offset) => [
      ...[0x20, 0x00, 0x29, 0x03, offset], // load
      ...(offset === 0 ? [] : [0x84]), // or
    ]),
    [0x50, 0x45, 0x0d, 0x01], // leave when not zero
    [0x20, 0x00, 0x41, 0x20, 0x6a, 0x21, 0x00], // at += 32
    [0x0c, 0x00, 0x0b, 0x0b, 0x20, 0x00, 0x0b], // again; return at
  ].flat(),
);

let compiled: WebAssembly.Module | null = null;

export class MemoryCopier {
  readonly #memory: WebAssembly.Memory;
  readonly #firstNonZero: (at: number, end: number) => number;

  constructor(memory: WebAssembly.Memory) {
    compiled ??= new WebAssembly.Module(CODE);
    const { exports } = new WebAssembly.Instance(compiled, { e: { m: memory } });
    this.#memory = memory;
    this.#firstNonZero = exports['f'] as (at: number, end: number) => number;
  }

  /** @param spare a buffer that is not needed any more: used if the pages fit into it */
  copy(spare: ArrayBuffer | null): SparseMemory {
    const all = new Uint8Array(this.#memory.buffer);
    const pages = this.#nonZeroPages(0, all.length);
    const size = pages.length * PAGE;
    const buffer = spare !== null && spare.byteLength >= size ? spare : new ArrayBuffer(size);
    const bytes = new Uint8Array(buffer, 0, size);
    for (const { first, count, at } of runsOf(pages)) {
      bytes.set(all.subarray(first * PAGE, (first + count) * PAGE), at * PAGE);
    }
    return { length: all.length, pages, bytes };
  }

  /**
   * A copy of the bytes from `start` to `end`, both multiples of 32, of which it is a function: what is around them does
   * not show. Pages are counted from `start`, and the last may be cut.
   */
  copyRange(start: number, end: number): SparseMemory {
    if (start % STEP !== 0 || end % STEP !== 0) throw new Error(`${start} to ${end} is not in steps of ${STEP} bytes`);
    const all = new Uint8Array(this.#memory.buffer);
    const pages = this.#nonZeroPages(start, end);
    const bytes = new Uint8Array(pages.length * PAGE);
    for (const { first, count, at } of runsOf(pages)) {
      const from = start + first * PAGE;
      bytes.set(all.subarray(from, Math.min(end, from + count * PAGE)), at * PAGE);
    }
    return { length: end - start, pages, bytes };
  }

  #nonZeroPages(start: number, end: number): Uint32Array {
    const pages: number[] = [];
    for (let at = start; at < end;) {
      const found = this.#firstNonZero(at, end) >>> 0;
      if (found >= end) break;
      const page = Math.floor((found - start) / PAGE);
      pages.push(page);
      at = start + (page + 1) * PAGE;
    }
    return Uint32Array.from(pages);
  }

  /** Makes the memory, which is as large, equal to a copy. */
  restore({ length, pages, bytes }: SparseMemory): void {
    const all = new Uint8Array(this.#memory.buffer);
    if (all.length !== length) throw new Error('the memory has another size than its copy');
    let end = 0;
    for (const { first, count, at } of runsOf(pages)) {
      this.#clear(all, end, first * PAGE);
      all.set(bytes.subarray(at * PAGE, (at + count) * PAGE), first * PAGE);
      end = (first + count) * PAGE;
    }
    this.#clear(all, end, length);
  }

  /** Only pages that are not zero are written: touching a page that never was costs its allocation. */
  #clear(all: Uint8Array, from: number, to: number): void {
    for (let at = from; at < to;) {
      const found = this.#firstNonZero(at, to) >>> 0;
      if (found >= to) return;
      const page = Math.floor(found / PAGE) * PAGE;
      all.fill(0, page, page + PAGE);
      at = page + PAGE;
    }
  }
}

/** Pages that follow each other, to be copied at once; `at` is the first one's place among all. */
function* runsOf(pages: Uint32Array): Generator<{ first: number; count: number; at: number }> {
  for (let at = 0; at < pages.length;) {
    const first = pages[at] ?? 0;
    let count = 1;
    while (pages[at + count] === first + count) count++;
    yield { first, count, at };
    at += count;
  }
}
