/** A protocol read as its bytes come: a generator that says how many bytes it needs next, and is given them. */

/** Yields a number of bytes and is given just so many. */
export type Reading<T = void> = Generator<number, T, Uint8Array>;

export class ReadBytes {
  readonly #reading: Reading<unknown>;
  #chunks: Uint8Array[] = [];
  #length = 0;
  #wanted: number;
  #isDone: boolean;

  constructor(reading: Reading<unknown>) {
    this.#reading = reading;
    const first = reading.next();
    this.#isDone = first.done === true;
    this.#wanted = first.done === true ? 0 : first.value;
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** What came and was not asked for. */
  get rest(): Uint8Array {
    return this.#chunks.length === 1 ? (this.#chunks[0] ?? new Uint8Array(0)) : Buffer.concat(this.#chunks);
  }

  /** @throws whatever the reader makes of it */
  push(chunk: Uint8Array): void {
    if (chunk.length > 0) this.#chunks.push(chunk);
    this.#length += chunk.length;
    while (!this.#isDone && this.#length >= this.#wanted) {
      const next = this.#reading.next(this.#take(this.#wanted));
      if (next.done === true) this.#isDone = true;
      else this.#wanted = next.value;
    }
  }

  #take(bytes: number): Uint8Array {
    const whole = this.rest;
    const left = whole.subarray(bytes);
    this.#chunks = left.length > 0 ? [left] : [];
    this.#length -= bytes;
    return whole.subarray(0, bytes);
  }
}

/** Reads past bytes, however many. */
export function* skip(bytes: number): Reading {
  for (let left = bytes; left > 0;) {
    const piece = Math.min(left, 4096);
    yield piece;
    left -= piece;
  }
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
