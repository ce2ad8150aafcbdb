/** What a serial port has sent, read piece by piece: as it came, and as text. */
import type { Answers, PortDevice, Question } from '../engines/engine.js';
import { InOrder } from '../machine/in-order.js';
import type { MachinePort } from '../machine/port.js';
import { TerminalText } from './ansi.js';

/** Bytes of the output, from the first up to but not with the last, by their places in all that the port has sent. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** A serial port is meant where no device is named: journals of before name none. */
function portQuestion(device: PortDevice, port: number, from: number): Extract<Question, { kind: 'serial' }> {
  return device === 'serial' ? { kind: 'serial', port, from } : { kind: 'serial', device, port, from };
}

export class SerialOutput {
  readonly #port: MachinePort;
  readonly #device: PortDevice;
  readonly #index: number;
  readonly #order = new InOrder();
  /** Bytes read so far. */
  #end = 0;
  #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #cleaner = new TerminalText();
  #raw = '';
  #text = '';
  /** What was no text: files that went over the port. */
  #hidden: ByteRange[] = [];
  /** Output from here on is somebody's who reads it as bytes. */
  #heldAt: number | null = null;

  constructor(port: MachinePort, index: number, device: PortDevice = 'serial') {
    this.#port = port;
    this.#device = device;
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

  /** The bytes from a place on, whatever they are. */
  async read(from: number): Promise<Answers['serial']> {
    return await this.#port.observe(portQuestion(this.#device, this.#index, from));
  }

  /** Reads what has arrived since. */
  async refresh(): Promise<this> {
    await this.#order.run(async () => {
      if (this.#heldAt !== null) return;
      let answer = await this.read(this.#end);
      if (answer.end < this.#end) {
        // The guest went back to a time when it had sent less.
        this.forget(this.#hidden);
        answer = await this.read(0);
      }
      for (const bytes of this.#shown(answer.data, this.#end)) {
        const piece = this.#decoder.decode(bytes, { stream: true });
        this.#raw += piece;
        this.#text += this.#cleaner.push(piece);
      }
      this.#end = answer.end;
    });
    return this;
  }

  /** Parts of the output that are not shown as text. */
  get hidden(): readonly ByteRange[] {
    return this.#hidden;
  }

  /** Leaves what comes from now on to a reader of bytes, until `release`. Returns the place of its first byte. */
  async hold(): Promise<number> {
    await this.refresh();
    return (this.#heldAt = this.#end);
  }

  /** The reader of bytes has read up to a place: none of that is text, all after it is. */
  release(to: number): void {
    if (this.#heldAt !== null && to > this.#heldAt) this.#hidden.push({ from: this.#heldAt, to });
    this.#heldAt = null;
    this.#end = Math.max(this.#end, to);
  }

  #shown(data: Uint8Array, from: number): Uint8Array[] {
    const end = from + data.length;
    const shown: Uint8Array[] = [];
    let at = from;
    for (const range of this.#hidden.filter(({ from: start, to }) => to > from && start < end)) {
      if (range.from > at) shown.push(data.subarray(at - from, range.from - from));
      at = Math.max(at, range.to);
    }
    return at < end ? [...shown, data.subarray(at - from)] : shown;
  }

  /** Reads everything anew at the next refresh: after a revert, to a time when these parts were hidden. */
  forget(hidden: readonly ByteRange[]): void {
    this.#hidden = [...hidden];
    this.#heldAt = null;
    this.#end = 0;
    this.#decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    this.#cleaner = new TerminalText();
    this.#raw = '';
    this.#text = '';
  }
}
