/** All that bytes go over in a machine: its serial ports, parallel ports and virtio consoles. */
import { PORT_DEVICES, type PortDevice } from '../engines/engine.js';
import { SerialConsole, type SerialState } from '../serial/console.js';
import type { MachinePort } from './port.js';
import { portCount, portMissing } from './port-spec.js';

export class MachinePorts {
  readonly #port: MachinePort;
  readonly all: readonly SerialConsole[];

  constructor(port: MachinePort) {
    this.#port = port;
    this.all = PORT_DEVICES.flatMap((device) =>
      Array.from({ length: portCount(port.spec, device) }, (_, index) => new SerialConsole(port, index, device)),
    );
  }

  /** @throws GuestwrightError `usage/serial-port-missing`, `usage/parallel-port-missing`, `usage/virtio-console-missing` */
  at(device: PortDevice, index: number): SerialConsole {
    const known = this.all.find((one) => one.device === device && one.index === index);
    if (known === undefined) throw portMissing(this.#port.spec, device, index);
    return known;
  }

  save(): SerialState[] {
    return this.all.map((one) => one.save());
  }

  /** After a revert. */
  restore(states: readonly SerialState[]): void {
    for (const [index, state] of states.entries()) this.all[index]?.restore(state);
  }

  /** What has been said so far has been heard. */
  async skip(): Promise<void> {
    for (const one of this.all) await one.skip();
  }
}
