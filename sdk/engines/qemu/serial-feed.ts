/**
 * Serial input of a machine whose run is recorded. QEMU hands over what it logs a moment later than it reads it, and goes
 * on reading meanwhile as if the guest's UART had still room: what does not fit is lost. So no more is given than the UART
 * holds until the guest has read it, which a trace point tells (`hw/char/serial.c`). It is on only while something is
 * under way: a console that polls its UART would fill the log.
 */
import { nothing, type QmpClient } from './qmp.js';
import type { SerialPort } from './serial-port.js';

/** What a UART holds whose driver has switched its buffer on (it has 16 places), and what it holds without. */
const BUFFERED = 14;
const UNBUFFERED = 1;
/** The trace point that tells every register that the guest reads. */
export const SERIAL_TRACE = 'serial_read';
const READ = /^serial_read read addr 0x0([02]) val 0x([0-9a-f]{2})$/;
/** Number of the register that says why the UART interrupts; these of its bits say that its buffer is on. */
const INTERRUPTS = '2';
const BUFFER_ON = 0xc0;

export class SerialFeed {
  /** Not given to QEMU yet, by port. */
  readonly #waiting: { port: SerialPort; bytes: number[] }[] = [];
  /** Given, and not read by the guest yet. */
  #underWay: number[] = [];
  /** What the UART holds, as far as the guest has shown. */
  #room = UNBUFFERED;
  #current: SerialPort | null = null;
  #traced: QmpClient | null = null;

  /** @param qmp null: the machine is off, and hears nothing */
  async write(port: SerialPort, data: Uint8Array, qmp: QmpClient | null): Promise<void> {
    if (qmp === null || data.length === 0) return;
    this.#waiting.push({ port, bytes: [...data] });
    if (this.#traced !== qmp) {
      this.#traced = qmp;
      await trace(qmp, true);
    }
    this.#give();
  }

  /** Takes a line of QEMU's log. */
  line(text: string): boolean {
    const [, register, hex = ''] = READ.exec(text) ?? [];
    if (register === undefined) return text.startsWith(`${SERIAL_TRACE} `);
    const value = parseInt(hex, 16);
    if (register === INTERRUPTS) this.#room = (value & BUFFER_ON) === BUFFER_ON ? BUFFERED : UNBUFFERED;
    // A driver that empties its UART reads once more than there are bytes.
    else if (this.#underWay[0] === value) this.#underWay.shift();
    this.#give();
    return true;
  }

  /** A reset empties the UART; what has not been given to it yet is still to come. */
  reset(): void {
    this.#underWay = [];
    this.#room = UNBUFFERED;
    this.#give();
  }

  /** Another process: what was for the last one is lost, as on any PC that is switched off. */
  forgetProcess(): void {
    this.#waiting.length = 0;
    this.#underWay = [];
    this.#room = UNBUFFERED;
    this.#traced = null;
  }

  #give(): void {
    const [first] = this.#waiting;
    if (first === undefined) {
      if (this.#underWay.length === 0) this.#rest();
      return;
    }
    // The trace does not say of which port it tells.
    if (this.#underWay.length > 0 && first.port !== this.#current) return;
    if (first.port !== this.#current) this.#room = UNBUFFERED;
    this.#current = first.port;
    const bytes = first.bytes.splice(0, Math.max(0, this.#room - this.#underWay.length));
    if (bytes.length === 0) return;
    this.#underWay.push(...bytes);
    first.port.write(Uint8Array.from(bytes));
    if (first.bytes.length === 0) this.#waiting.shift();
    this.#give();
  }

  #rest(): void {
    const qmp = this.#traced;
    this.#traced = null;
    // A QEMU that has gone traces no more.
    if (qmp !== null) trace(qmp, false).catch(() => undefined);
  }
}

async function trace(qmp: QmpClient, enable: boolean): Promise<void> {
  await qmp.execute('trace-event-set-state', { name: SERIAL_TRACE, enable }, nothing);
}
