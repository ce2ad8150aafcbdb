/** Something has happened: wakes everyone who waits for that. */
export class Signal {
  /** How often it has happened. */
  count = 0;
  readonly #waiting = new Set<() => void>();

  notify(): void {
    this.count++;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }

  /** Until the next `notify`, for `ms` at most. */
  async wait(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(guard);
        this.#waiting.delete(wake);
        resolve();
      };
      // More than a timer can hold is waited for in parts: the caller looks again and waits on.
      const guard = setTimeout(wake, Math.min(Math.max(0, ms), 0x7fffffff));
      this.#waiting.add(wake);
    });
  }
}
