/** What bytes go over in a machine, in one order: serial ports, parallel ports, virtio consoles. */
import { PORT_DEVICES, type Hardware, type PortDevice, type PortOutlet } from '../engine.js';
import { escaped, type BoardKind } from './board.js';

export interface PortPlace {
  device: PortDevice;
  port: number;
  /** Names its pipes, and what QEMU sees at the other end of them: `serial0`. */
  name: string;
}

export type PortHardware = Pick<Hardware, 'serialPorts' | 'parallelPorts' | 'virtioConsoles' | 'outlets'>;

export function portPlaces({ serialPorts, parallelPorts = 0, virtioConsoles = 0 }: PortHardware): PortPlace[] {
  const counts = { serial: serialPorts, parallel: parallelPorts, console: virtioConsoles };
  return PORT_DEVICES.flatMap((device) =>
    Array.from({ length: counts[device] }, (_, port) => ({ device, port, name: `${device}${port}` })),
  );
}

export interface PortOptions {
  kind: BoardKind;
  hardware: PortHardware;
  /** The folder of the named pipes. */
  folder: string;
  /** The run is recorded, or replayed. */
  recorded?: boolean;
}

/** The ports that are the board's own. */
export function boardPorts({ kind, hardware, folder, recorded = false }: PortOptions): string[] {
  // Of all ways to make a port QEMU records only this one.
  if (recorded) {
    return portPlaces(hardware).flatMap(({ name }) => ['-serial', `pipe:${folder}/${name}`]);
  }
  return portPlaces(hardware).flatMap((place) => {
    if (place.device === 'console') return [];
    const device = place.device === 'serial' ? serialPort(kind, place.port) : parallelPort(place.port);
    return [...chardev(place, hardware.outlets, folder), ...device];
  });
}

/** Virtio consoles are on one card. */
export function consoleCard({ hardware, folder }: Omit<PortOptions, 'kind' | 'recorded'>): string[] {
  const places = portPlaces(hardware).filter(({ device }) => device === 'console');
  if (places.length === 0) return [];
  return [
    ...['-device', 'virtio-serial-pci,id=consoles0'],
    ...places.flatMap((place) => [
      ...chardev(place, hardware.outlets, folder),
      ...['-device', `virtconsole,id=${place.name}-port,bus=consoles0.0,nr=${place.port},chardev=${place.name}`],
    ]),
  ];
}

/** What goes to a file QEMU writes by itself, as the guest sends it: see `outlets.ts` for the rest. */
function chardev({ device, port, name }: PortPlace, outlets: readonly PortOutlet[] = [], folder: string): string[] {
  const file = outlets.find((one) => one.device === device && one.port === port && one.to.kind === 'file');
  const log = file === undefined ? [] : [`logfile=${escaped(file.to.path)}`, 'logappend=on'];
  return ['-chardev', [`pipe,id=${name}`, `path=${escaped(`${folder}/${name}`)}`, ...log].join(',')];
}

function serialPort(kind: BoardKind, index: number): string[] {
  if (kind !== 'virt') return ['-device', `isa-serial,index=${index},chardev=serial${index}`];
  // The board has one, which can only be filled this way.
  return index === 0 ? ['-serial', 'chardev:serial0'] : ['-device', `pci-serial,chardev=serial${index}`];
}

function parallelPort(index: number): string[] {
  return ['-device', `isa-parallel,index=${index},chardev=parallel${index}`];
}
