/** The shell of a machine, where its spec says that it is. */
import type { PortDevice } from '../engines/engine.js';
import type { MachinePort } from '../machine/port.js';
import type { MachineScreen } from '../machine/screen.js';
import type { Keyboard } from '../machine/types.js';
import type { SerialConsole } from './console.js';
import { ScreenShellTerminal } from './screen-shell.js';
import { SerialShellTerminal } from './serial-shell.js';
import { MachineShell } from './shell.js';

/** @param devices.ports gives the console of a port; only asked when the shell is on one */
export function createShell(
  port: MachinePort,
  devices: { ports: (device: PortDevice, index: number) => SerialConsole; keyboard: Keyboard; screen: MachineScreen },
): MachineShell {
  const { on, port: index } = port.spec.shell;
  const terminal =
    on === 'screen'
      ? new ScreenShellTerminal(port, devices.keyboard, devices.screen)
      : new SerialShellTerminal(port, devices.ports(on, index));
  return new MachineShell(port, terminal);
}
