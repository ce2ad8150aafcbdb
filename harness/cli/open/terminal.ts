/** The user's terminal: raw keys in, text out, and everything as it was afterwards, whatever way the process ends. */
import { writeSync } from 'node:fs';
import type { Size } from './picture.js';

const ENTER_ALTERNATE = '\x1b[?1049h\x1b[2J';
const LEAVE_ALTERNATE = '\x1b[?1049l';
const PLAIN = '\x1b[0m\x1b[?25h';

type Input = typeof process.stdin;
type Output = typeof process.stdout;

export class Terminal implements Disposable {
  readonly #input: Input;
  readonly #output: Output;
  readonly #alternate: boolean;
  #restored = false;
  readonly #restore = (): void => this[Symbol.dispose]();

  /** @param options.alternate use the alternate screen, so that what stood there comes back afterwards */
  constructor(input: Input, output: Output, options: { alternate: boolean }) {
    this.#input = input;
    this.#output = output;
    this.#alternate = options.alternate;
    // Also runs after an uncaught error: main.ts ends with process.exit().
    process.on('exit', this.#restore);
    input.setRawMode(true);
    input.setEncoding('utf8');
    input.resume();
    if (this.#alternate) output.write(ENTER_ALTERNATE);
  }

  /** Terminals on a serial line say 0 by 0: then it is the size that all have. */
  get size(): Size {
    const { columns, rows } = this.#output;
    return columns > 0 && rows > 0 ? { columns, rows: Math.max(2, rows) } : { columns: 80, rows: 24 };
  }

  write(text: string): void {
    if (text !== '') this.#output.write(text);
  }

  onKeys(listener: (text: string) => void): void {
    this.#input.on('data', (data) => listener(data.toString()));
  }

  /** The terminal went away, or the user closed the input. */
  onEnd(listener: () => void): void {
    this.#input.on('end', listener);
    this.#input.on('error', listener);
  }

  onResize(listener: () => void): void {
    this.#output.on('resize', listener);
  }

  [Symbol.dispose](): void {
    if (this.#restored) return;
    this.#restored = true;
    process.off('exit', this.#restore);
    this.#input.removeAllListeners('data');
    this.#input.pause();
    try {
      this.#input.setRawMode(false);
      // Synchronously: on the way out of the process nothing else is sure to be written.
      writeSync(this.#output.fd, PLAIN + (this.#alternate ? LEAVE_ALTERNATE : ''));
    } catch {
      // The terminal itself is gone: there is nothing to put back.
    }
  }
}
