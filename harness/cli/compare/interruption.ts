/** A signal that asks the command to end: passed on to what runs, and heeded between two pieces of work. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Thrown to put everything away. */
export class Interrupted extends Error {
  /** As a shell expects it, and as `guestwright run` ends. */
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`);
    this.exitCode = signal === 'SIGTERM' ? 143 : 130;
  }
}

export class Interruption implements Disposable {
  #signal: NodeJS.Signals | null = null;
  #child: { kill(signal: NodeJS.Signals): boolean } | null = null;
  readonly #take = (signal: NodeJS.Signals): void => {
    this.#signal ??= signal;
    this.#child?.kill(signal);
  };

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#take);
  }

  /** Waits for a process to end; a signal is passed on to it. @throws Interrupted when one came */
  async whileRunning<T>(child: PromiseLike<T> & { kill(signal: NodeJS.Signals): boolean }): Promise<T> {
    this.#child = child;
    try {
      const ended = await child;
      this.check();
      return ended;
    } finally {
      this.#child = null;
    }
  }

  /** @throws Interrupted */
  check(): void {
    if (this.#signal !== null) throw new Interrupted(this.#signal);
  }

  [Symbol.dispose](): void {
    for (const signal of SIGNALS) process.off(signal, this.#take);
  }
}
