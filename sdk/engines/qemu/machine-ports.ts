/** The ports of a machine: what the guest has sent over each, what its owner has been told of, and where they lead besides. */
import type { Hardware, PortDevice } from '../engine.js';
import { portMissing } from './misuse.js';
import { PortOutlets } from './outlets.js';
import { portPlaces, type PortPlace } from './ports.js';
import type { SerialLine } from './serial-pipes.js';
import { SerialPort } from './serial-port.js';

interface Port extends PortPlace {
  line: SerialPort;
  /** Bytes that the owner has been told of. */
  told: number;
}

export interface PortQuestion {
  /** Default: a serial port. */
  device?: PortDevice;
  port: number;
}

export class MachinePorts {
  readonly #hardware: Hardware;
  /** Serial ports, parallel ports and virtio consoles, in this order. */
  readonly #ports: readonly Port[];
  readonly #outlets = new PortOutlets();

  /** @param onData the guest has sent something */
  constructor(hardware: Hardware, onData: () => void) {
    this.#hardware = hardware;
    this.#ports = portPlaces(hardware).map((place) => {
      const line = new SerialPort(() => {
        onData();
        this.#outlets.feed(line);
      });
      return { ...place, line, told: 0 };
    });
  }

  /** Opens what they lead to. @throws as {@link PortOutlets.open} */
  async open(): Promise<void> {
    const { outlets = [] } = this.#hardware;
    await this.#outlets.open(outlets.map(({ to, ...place }) => ({ to, port: this.line(place) })));
  }

  /** Of their pipes. */
  get names(): string[] {
    return this.#ports.map(({ name }) => name);
  }

  /** @param lines of a process of QEMU, in the order of {@link names} */
  connect(lines: readonly SerialLine[]): void {
    for (const [index, line] of lines.entries()) this.#ports[index]?.line.connect(line);
  }

  /** @throws GuestwrightError `usage/port-missing` */
  line(question: PortQuestion): SerialPort {
    return this.#find(question).line;
  }

  /**
   * What was sent from byte `from` on.
   * @param aside somebody looks on: the owner has not been told
   * @throws GuestwrightError `usage/port-missing`
   */
  read({ from, aside, ...question }: PortQuestion & { from: number; aside: boolean }): {
    data: Uint8Array;
    end: number;
  } {
    const port = this.#find(question);
    if (!aside) port.told = port.line.length;
    return { data: port.line.read(from), end: port.line.length };
  }

  /** Something was sent that the owner has not been told of. */
  get haveGrown(): boolean {
    return this.#ports.some(({ line, told }) => line.length !== told);
  }

  /** All that was sent over each, for a saved state. */
  save(): Uint8Array[] {
    return this.#ports.map(({ line }) => line.read(0));
  }

  /** They are as they were in a saved state. */
  restore(sent: readonly Uint8Array[]): void {
    for (const [index, bytes] of sent.entries()) this.#ports[index]?.line.replace(bytes);
    this.#outlets.rewind();
  }

  async close(): Promise<void> {
    await this.#outlets.close();
  }

  #find({ device = 'serial', port }: PortQuestion): Port {
    const known = this.#ports.find((one) => one.device === device && one.port === port);
    if (known === undefined) throw portMissing(device, port);
    return known;
  }
}
