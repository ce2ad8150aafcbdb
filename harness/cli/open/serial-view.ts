import type { Machine } from '../../../sdk/machine/types.js';
import type { View } from './session.js';
import type { Terminal } from './terminal.js';

/** The machine's first serial port, as a serial console: bytes both ways, escape sequences included. */
export class SerialView implements View {
  readonly wantsWholeTerminal = false;
  readonly #machine: Machine;
  #shown = 0;
  #message: string | null = null;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  async show(terminal: Terminal, message: string | null): Promise<void> {
    const text = await this.#machine.serial.text();
    // A character of several bytes may not have arrived whole yet.
    const end = text.endsWith('\ufffd') ? text.length - 1 : text.length;
    terminal.write(text.slice(this.#shown, end));
    this.#shown = Math.max(this.#shown, end);
    if (message !== null && message !== this.#message) terminal.write(`\r\n[${message}]\r\n`);
    this.#message = message;
  }

  async send(input: string): Promise<void> {
    await this.#machine.serial.write(input);
  }
}
