/** Entries by name in a file that is for this user only, written as a whole: tokens, users. */
import { z } from 'zod';
import { GuestwrightError } from '../../../sdk/errors.js';
import { readIfThere, writeWhole } from '../../../sdk/images/files.js';
import { InOrder } from '../../../sdk/machine/in-order.js';

export class EntryFile<Entry extends { name: string }> {
  readonly #file: string;
  /** Under which the entries are in the file. */
  readonly #key: string;
  readonly #listeners = new Set<() => void>();
  /** Two changes at once would each write what the other has not seen: a token that was revoked would be there again. */
  readonly #turn = new InOrder();
  #entries: readonly Entry[];

  private constructor(file: string, key: string, entries: readonly Entry[]) {
    this.#file = file;
    this.#key = key;
    this.#entries = entries;
  }

  /** @param key of the entries in the file, and in the code of the error. @throws GuestwrightError `usage/<key>-invalid` */
  static async open<E extends { name: string }>(path: string, key: string, entry: z.ZodType<E>): Promise<EntryFile<E>> {
    const text = await readIfThere(path);
    if (text === null) return new EntryFile<E>(path, key, []);
    try {
      const read = z.strictObject({ version: z.literal(1), [key]: z.array(entry) }).parse(JSON.parse(text));
      return new EntryFile<E>(path, key, z.array(entry).parse(read[key]));
    } catch (error) {
      throw new GuestwrightError(`${path} cannot be read`, {
        kind: 'usage',
        code: `${key}-invalid`,
        expected: 'what Guestwright wrote there',
        seen: error instanceof Error ? error.message : String(error),
        next: `put the file back as it was, or remove it: all ${key} are void then`,
      });
    }
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  find(name: string): Entry | null {
    return this.#entries.find((one) => one.name === name) ?? null;
  }

  /** One change after the other, each seeing what the last has written. Others see it when it is in the file. */
  async change(to: (entries: readonly Entry[]) => readonly Entry[] | Promise<readonly Entry[]>): Promise<void> {
    await this.#turn.run(async () => {
      const next = await to(this.#entries);
      await writeWhole(this.#file, `${JSON.stringify({ version: 1, [this.#key]: next }, null, 2)}\n`, 0o600);
      this.#entries = next;
    });
    for (const listener of this.#listeners) listener();
  }

  /** @returns what ends it */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
