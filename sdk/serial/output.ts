/** What a serial port has sent, read piece by piece: as it came, and as text. */
import { InOrder } from '../machine/in-order.js';
import type { MachinePort } from '../machine/port.js';
import { TerminalText } from './ansi.js';

export class SerialOutput {
  readonly #port: MachinePort;
  readonly #index: number;
  readonly #order = new InOrder();
  /** Bytes read so far. */
  #end = 0;
  #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #cleaner = new TerminalText();
  #raw = '';
  #text = '';

  constructor(port: MachinePort, index: number) {
    this.#port = port;
    this.#index = index;
  }

  /** Decoded as UTF-8; a character whose bytes have not all arrived yet is not in it. */
  get raw(): string {
    return this.#raw;
  }

  /** Without escape sequences and carriage returns. */
  get text(): string {
    return this.#text;
  }

  /** Bytes that have arrived. */
  get bytes(): number {
    return this.#end;
  }

  /** Reads what has arrived since. */
  async refresh(): Promise<this> {
    await this.#order.run(async () => {
      let answer = await this.#port.observe({ kind: 'serial', port: this.#index, from: this.#end });
      if (answer.end < this.#end) {
        // The guest went back to a time when it had sent less.
        this.forget();
        answer = await this.#port.observe({ kind: 'serial', port: this.#index, from: 0 });
      }
      const piece = this.#decoder.decode(answer.data, { stream: true });
      this.#raw += piece;
      this.#text += this.#cleaner.push(piece);
      this.#end = answer.end;
    });
    return this;
  }

  /** Reads everything anew at the next refresh: after a revert. */
  forget(): void {
    this.#end = 0;
    this.#decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    this.#cleaner = new TerminalText();
    this.#raw = '';
    this.#text = '';
  }
}
