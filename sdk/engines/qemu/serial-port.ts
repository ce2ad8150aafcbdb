/** A serial port: everything that the guest has sent, and the way back. */
import type { Socket } from 'node:net';
import type { SerialLine } from './serial-pipes.js';

export class SerialPort {
  #bytes = new Uint8Array(4096);
  #length = 0;
  #toGuest: Socket | null = null;
  readonly #onData: () => void;

  constructor(onData: () => void) {
    this.#onData = onData;
  }

  /** Output goes on being counted over resets and power cycles. */
  connect({ fromGuest, toGuest }: SerialLine): void {
    this.#toGuest = toGuest;
    fromGuest.on('data', (data: Buffer) => {
      this.#append(data);
      this.#onData();
    });
    // QEMU's end is noticed by its process.
    for (const socket of [fromGuest, toGuest]) socket.on('error', () => undefined);
  }

  get length(): number {
    return this.#length;
  }

  /** A copy of the output from byte `from`. */
  read(from: number): Uint8Array {
    return this.#bytes.slice(Math.min(Math.max(0, from), this.#length), this.#length);
  }

  /** QEMU takes as much as the guest's UART has room for and leaves the rest waiting: nothing is lost on the way. */
  write(data: Uint8Array): void {
    this.#toGuest?.write(data);
  }

  /** After a revert. */
  replace(bytes: Uint8Array): void {
    this.#length = 0;
    this.#append(bytes);
  }

  #append(data: Uint8Array): void {
    if (this.#length + data.length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + data.length));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(data, this.#length);
    this.#length += data.length;
  }
}
