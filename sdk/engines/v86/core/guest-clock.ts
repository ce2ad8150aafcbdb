/**
 * Guest time, and everything else that v86 would otherwise take from the host: time and randomness.
 *
 * Guest milliseconds are instructions executed / instructions per ms + idle time skipped. v86 keeps a 32-bit
 * instruction counter in its memory, which wraps.
 */

/** Millions of instructions a guest second: measured to be fine for a Debian kernel. */
const DEFAULT_MIPS = 100;

/** Index of v86's instruction counter in a Uint32Array over its memory. */
const COUNTER_BYTE_OFFSET = 664;

/** The clock's whole state: restoring it, with the machine's memory, restores guest time exactly. */
export interface ClockState {
  /** The counter when it was last looked at. */
  last: number;
  /** What wraps of the counter have added up to, in instructions. */
  high: number;
  /** Idle guest ms that were skipped, and the time at which the machine was switched on. */
  idle: number;
  /** How often the guest has read a clock: each read adds a nanosecond, because v86's `rdtsc` keeps hidden state when two reads are equal. */
  reads: number;
}

export class GuestClock {
  readonly state: ClockState;
  #memory: WebAssembly.Memory | null = null;
  #counter = new Uint32Array(1);
  readonly #epoch: number;
  /** Only set to break determinism on purpose: see `Fault`. */
  #leak: (() => number) | null = null;

  readonly #instructionsPerMs: number;

  /**
   * @param epoch date of the guest's clock at guest time 0, ms since 1970 (UTC)
   * @param mips millions of instructions a guest second
   */
  constructor(epoch: number, startTime: number, mips = DEFAULT_MIPS) {
    this.#epoch = epoch;
    this.#instructionsPerMs = mips * 1000;
    this.state = { last: 0, high: 0, idle: startTime, reads: 0 };
  }

  /** From now on the counter is read from this memory. */
  attach(memory: WebAssembly.Memory): void {
    this.#memory = memory;
    this.#counter = new Uint32Array(memory.buffer, COUNTER_BYTE_OFFSET, 1);
  }

  leakHostTime(hostNow: () => number): void {
    const start = hostNow();
    this.#leak = () => hostNow() - start;
  }

  /** Guest ms, without counting as a read by the guest. */
  time(): number {
    if (this.#memory === null) return this.state.idle;
    // The buffer is replaced when the memory grows, and the old view has then no elements.
    if (this.#counter.length === 0) this.attach(this.#memory);
    const { state } = this;
    const now = this.#counter[0] ?? 0;
    if (now < state.last) state.high += 2 ** 32;
    state.last = now;
    return (state.high + now) / this.#instructionsPerMs + state.idle;
  }

  /** What the guest's devices read as their clock. */
  microtick(): number {
    this.state.reads++;
    const time = this.time() + this.state.reads * 1e-6;
    return this.#leak === null ? time : time + this.#leak() * 1e-3;
  }

  /** Wall-clock date of the guest, ms since 1970. */
  date(): number {
    return this.#epoch + Math.floor(this.time());
  }

  /** Instructions executed so far. */
  instructions(): number {
    this.time();
    return this.state.high + this.state.last;
  }

  /** v86 sets its counter to 0 when the machine is reset, which is no wrap: time goes on from `instructions`. */
  rebase(instructions: number): void {
    if (this.#counter.length === 0 && this.#memory !== null) this.attach(this.#memory);
    this.state.last = this.#counter[0] ?? 0;
    this.state.high = instructions - this.state.last;
  }

  skip(ms: number): void {
    this.state.idle += ms;
  }

  restore(state: ClockState): void {
    Object.assign(this.state, state);
    this.#counter = new Uint32Array(0);
  }
}

/** The guest-visible randomness of the hardware: xorshift32, seeded. */
export class GuestRandom {
  state: number;

  constructor(seed: number) {
    // Zero is the one state that xorshift never leaves.
    this.state = seed === 0 ? 0x9e3779b9 : seed >>> 0;
  }

  /** A signed 32-bit integer. */
  int32(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x >>> 0;
    return x | 0;
  }

  /** 0 (inclusive) to 1 (exclusive). */
  fraction(): number {
    return (this.int32() >>> 0) / 2 ** 32;
  }
}
