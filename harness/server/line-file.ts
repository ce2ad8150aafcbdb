/**
 * A file of lines that is only added to. Lines that find no room wait in memory, in their order, and are written before the
 * next one: what is in the file never lacks one in its middle.
 */
import { appendFileSync, existsSync, statSync, truncateSync } from 'node:fs';
import { isFull } from '../../sdk/snapshots/failures.js';

export class LineFile {
  readonly #file: string;
  readonly #most: number;
  readonly waiting: string[] = [];

  /** @param most lines that wait: of more the oldest are lost */
  constructor(file: string, most = Infinity) {
    this.#file = file;
    this.#most = most;
  }

  /** @param line with its end @returns whether all is in the file */
  add(line: string): boolean {
    this.waiting.push(line);
    if (this.waiting.length > this.#most) this.waiting.shift();
    return this.flush();
  }

  flush(): boolean {
    if (this.waiting.length === 0) return true;
    const before = existsSync(this.#file) ? statSync(this.#file).size : 0;
    try {
      appendFileSync(this.#file, this.waiting.join(''), { mode: 0o600 });
      this.waiting.length = 0;
      return true;
    } catch (error) {
      if (!isFull(error)) throw error;
      // Half a line would spoil the next.
      if (existsSync(this.#file)) truncateSync(this.#file, before);
      return false;
    }
  }

  /** Another file is in its place. */
  forget(): void {
    this.waiting.length = 0;
  }
}
