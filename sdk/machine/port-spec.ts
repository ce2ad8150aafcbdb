/** The fields of a spec for what bytes go over: serial and parallel ports, virtio consoles, and where they lead. */
import path from 'node:path';
import { z } from 'zod';
import type { PortDevice, PortOutlet } from '../engines/engine.js';
import { GuestwrightError } from '../errors.js';
import type { Problem } from './platform-spec.js';

const outletPath = z.string().regex(/^[^\0\r\n]+$/, 'give a path of one line');

/** The driver has every port; some lead to a place on the host as well. */
const portSchema = z.union([
  z.literal('driver'),
  /** Written as the guest writes it; emptied when the machine is launched, and kept when it is gone. */
  z.strictObject({ file: outletPath }),
  /** A unix socket that takes one client at a time; it goes with the machine. */
  z.strictObject({ socket: outletPath }),
  /** `<path>.in` to the guest and `<path>.out` from it; pipes that are not there are made, and go with the machine. */
  z.strictObject({ pipe: outletPath }),
]);

const portsSchema = (most: number) =>
  z.union([z.number().int().min(1).max(most), z.array(portSchema).min(1).max(most)], {
    error:
      `expected a number from 1 to ${most}, or a list of at most ${most} with one of ` +
      `'driver', { file }, { socket }, { pipe } for each`,
  });

const MOST = { serial: 4, parallel: 3, console: 8 } as const satisfies Record<PortDevice, number>;

type Ports = number | z.output<typeof portSchema>[];

/** What every engine has. */
export const serialField = portsSchema(MOST.serial).default(1);

export const portShape = {
  /** Parallel ports, on a PC: the guest prints to them. */
  parallel: portsSchema(MOST.parallel).optional(),
  /** Consoles on a virtio card: Linux calls them `hvc0` and on. */
  virtioConsoles: portsSchema(MOST.console).optional(),
};

/** What of a spec says how many ports there are. */
export interface PortFields {
  serial: Ports;
  parallel?: Ports | undefined;
  virtioConsoles?: Ports | undefined;
}

/** Spec field, name in messages, and the code of an error about one that is not there. */
const PORTS: Readonly<Record<PortDevice, PortWords>> = {
  serial: { field: 'serial', name: 'serial port', missing: 'serial-port-missing', most: MOST.serial },
  parallel: { field: 'parallel', name: 'parallel port', missing: 'parallel-port-missing', most: MOST.parallel },
  console: { field: 'virtioConsoles', name: 'virtio console', missing: 'virtio-console-missing', most: MOST.console },
};

interface PortWords {
  field: keyof PortFields;
  name: string;
  missing: string;
  most: number;
}

/** `serial port 0`, for messages. */
export function portName(device: PortDevice, port: number): string {
  return `${PORTS[device].name} ${port}`;
}

/** The error about a port that a machine does not have. */
export function portMissing(fields: PortFields, device: PortDevice, port: number): GuestwrightError {
  const { field, name, missing, most } = PORTS[device];
  const count = portCount(fields, device);
  return new GuestwrightError(`The machine has no ${name} ${port}`, {
    kind: 'usage',
    code: missing,
    expected: count === 0 ? `a machine with a ${name}` : `a ${name} from 0 to ${count - 1}`,
    seen: `${name} ${port} on a machine with ${count}`,
    next: `set "${field}: ${port + 1}" in the machine spec (${most} at most${device === 'serial' ? '' : "; engine 'qemu'"})`,
  });
}

const DEVICES = ['serial', 'parallel', 'console'] as const satisfies readonly PortDevice[];

export function portCount(fields: PortFields, device: PortDevice): number {
  const ports = fields[PORTS[device].field] ?? 0;
  return typeof ports === 'number' ? ports : ports.length;
}

/** Where ports lead besides to the driver; paths are made absolute. */
export function outletsOf(fields: PortFields): PortOutlet[] {
  return DEVICES.flatMap((device) => {
    const ports = fields[PORTS[device].field] ?? 0;
    if (typeof ports === 'number') return [];
    return ports.flatMap((to, port) => (to === 'driver' ? [] : [{ device, port, to: placeOf(to) }]));
  });
}

function placeOf(to: { file: string } | { socket: string } | { pipe: string }): PortOutlet['to'] {
  if ('file' in to) return { kind: 'file', path: path.resolve(to.file) };
  return 'socket' in to
    ? { kind: 'socket', path: path.resolve(to.socket) }
    : { kind: 'pipe', path: path.resolve(to.pipe) };
}

/** What of the ports does not go together on QEMU. */
export function portProblems(fields: PortFields & { architecture?: string | undefined }): Problem[] {
  const { architecture = 'x86_64', parallel } = fields;
  const pc = architecture === 'x86_64' || architecture === 'i386';
  const outlets = outletsOf(fields);
  const seen = new Set<string>();
  const twice = outlets.filter(({ to }) => seen.size === seen.add(to.path).size);
  return [
    ...(parallel !== undefined && !pc ? [{ field: 'parallel', message: `${architecture} has no parallel ports` }] : []),
    ...twice.map(({ device, to }) => ({
      field: PORTS[device].field,
      message: `${to.path} is where another port leads already`,
    })),
  ];
}

/** Other engines than QEMU keep all ports to the driver. */
export function outletProblems(fields: PortFields): Problem[] {
  return outletsOf(fields).map(({ device, port }) => ({
    field: `${PORTS[device].field}.${port}`,
    message: "only on the engine qemu a port leads to a file, a socket or a pipe: 'driver' it is here",
  }));
}
