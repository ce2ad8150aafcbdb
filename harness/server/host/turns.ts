/** Work that is done one after the other, by name. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  async allEnded(): Promise<void> {
    await Promise.allSettled(this.#last.values());
  }

  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.#last.set(name, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(name) === mine) this.#last.delete(name);
    }
  }
}
