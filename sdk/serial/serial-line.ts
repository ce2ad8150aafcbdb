/** Both directions of a serial port as bytes, for the time that a command is talked with. */
import { GuestwrightError } from '../errors.js';
import type { MachinePort } from '../machine/port.js';
import { terminalText } from './ansi.js';
import { lastLines, type SerialConsole } from './console.js';
import type { ShellLine } from './shell.js';

const NEWLINE = 0x0a;

/** Bytes besides those that were asked for after which nothing is waited for any more: a guest may write for ever. */
const MOST_NOISE = 1024 * 1024;

export class SerialLine implements ShellLine {
  readonly #port: MachinePort;
  readonly #console: SerialConsole;
  /** Place in the port's output up to which it has been read here. */
  #at: number;
  /** Holds what has arrived after that: bytes from `#first` up to `#last`. Grows by doubling, output comes in drops. */
  #buffer = Buffer.alloc(4096);
  #first = 0;
  #last = 0;

  /**
   * @param start.at place in the port's output of the first byte that nobody has read
   * @param start.before what came just before it, as text
   */
  constructor(port: MachinePort, console: SerialConsole, start: { at: number; before: string }) {
    this.#port = port;
    this.#console = console;
    this.#keep(new TextEncoder().encode(start.before));
    this.#at = start.at - this.#last;
  }

  /** Place in the port's output of the next byte. */
  get at(): number {
    return this.#at;
  }

  async send(text: string): Promise<void> {
    await this.#console.send(text);
  }

  async stream(bytes: Uint8Array): Promise<void> {
    await this.#console.stream(bytes);
  }

  async matching(pattern: RegExp, timeout: number): Promise<RegExpExecArray> {
    for (let noise = 0, searched = 0; ;) {
      const end = this.#pending.indexOf(NEWLINE, searched);
      if (end >= 0) {
        const match = pattern.exec(new TextDecoder().decode(this.#take(end + 1)).replace(/\r?\n$/, ''));
        if (match !== null) return match;
        noise += end + 1;
        searched = 0;
        continue;
      }
      searched = this.#pending.length;
      if (noise + searched > MOST_NOISE) throw this.#noisy();
      if (!(await this.#more(timeout))) throw this.#silent(timeout);
    }
  }

  async upTo(mark: Uint8Array, length: number, timeout: number): Promise<Uint8Array> {
    for (;;) {
      if (this.#pending.length >= length + mark.length) {
        // A file may hold what looks like the mark: only at its place, or after it, it is one.
        const found = this.#pending.indexOf(mark, length);
        if (found >= 0) return this.#until(found, mark.length);
        if (this.#pending.length > length + mark.length + MOST_NOISE) throw this.#noisy();
      }
      if (await this.#more(timeout)) continue;
      const early = this.#pending.lastIndexOf(mark);
      if (early < 0) throw this.#silent(timeout);
      return this.#until(early, mark.length);
    }
  }

  /** Reads lines until a command's end and gives its exit code. */
  async end(pattern: RegExp): Promise<number> {
    return Number((await this.matching(pattern, this.#port.timeouts.expect))[1]);
  }

  get #pending(): Buffer {
    return this.#buffer.subarray(this.#first, this.#last);
  }

  #keep(data: Uint8Array): void {
    if (this.#last + data.length > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(this.#buffer.length, 2 * (this.#last - this.#first + data.length)));
      this.#last = this.#pending.copy(larger);
      this.#first = 0;
      this.#buffer = larger;
    }
    this.#buffer.set(data, this.#last);
    this.#last += data.length;
  }

  #until(length: number, skipped: number): Uint8Array {
    const taken = this.#take(length);
    this.#take(skipped);
    return taken;
  }

  #take(length: number): Uint8Array {
    const taken = Uint8Array.prototype.slice.call(this.#buffer, this.#first, this.#first + length);
    this.#first += length;
    this.#at += length;
    return taken;
  }

  /** Waits for more output; false when none arrives in time. */
  async #more(timeout: number): Promise<boolean> {
    const late = new Error('nothing more');
    const from = this.#at + this.#pending.length;
    try {
      const data = await this.#port.clock.waitUntil({
        what: 'the command to answer',
        on: ['serial'],
        timeout,
        check: async () => {
          const answer = await this.#console.output.read(from);
          return answer.data.length > 0 ? answer.data : undefined;
        },
        onTimeout: () => late,
      });
      this.#keep(data);
      return true;
    } catch (error) {
      if (error === late) return false;
      throw error;
    }
  }

  #silent(timeout: number): GuestwrightError {
    const printed = this.#printed();
    return new GuestwrightError(`A command on ${this.#console.name} went silent`, {
      kind: 'guest',
      code: 'shell-went-silent',
      expected: `something from it within ${timeout} ms`,
      seen: printed === '' ? 'nothing' : `only:\n${printed}`,
      next: 'look at the screen for what the guest is busy with, or whether it hangs',
    });
  }

  #noisy(): GuestwrightError {
    return new GuestwrightError(`A command on ${this.#console.name} cannot be heard`, {
      kind: 'guest',
      code: 'shell-too-noisy',
      expected: 'what the command says, and little else',
      seen: `more than ${MOST_NOISE} bytes of something else, such as:\n${this.#printed()}`,
      next: 'keep what else writes there quiet, or move it to another port',
    });
  }

  #printed(): string {
    return lastLines(terminalText(new TextDecoder().decode(this.#pending.subarray(-1024))));
  }
}
