/** The spec of a machine that lives in a folder: its disks are kept there, and its time is that of people. */
import { join } from 'node:path';
import { GuestwrightError } from '../../../sdk/errors.js';
import type { MachineConfig } from './config.js';
import type { MachineFolder } from './machine-folder.js';
import { outletsOf, portCount, portMissing } from '../../../sdk/machine/port-spec.js';
import { parseSpec, type MachineSpec, type MachineSpecInput } from '../../../sdk/machine/spec.js';

export interface HostedSpec {
  engine: 'v86' | 'qemu';
  /** Given to `launch`. */
  spec: MachineSpecInput;
  /** Names of the files that keep what is written to its disks. */
  overlays: string[];
  /** The guest's own, its picture's included. */
  memoryMb: number;
}

/** v86 writes a disk's file when the guest is off, QEMU as it goes. */
export const isBitExact = (engine: 'v86' | 'qemu'): boolean => engine === 'v86';

/**
 * @param isDriven a scenario drives it: where its engine can, the guest runs only while the scenario waits for it
 * @throws GuestwrightError `usage/spec-invalid`, `usage/hosted-spec-invalid` for what the host decides
 */
export function hostedSpec(
  given: Record<string, unknown>,
  { path, run, disks }: Pick<MachineFolder, 'path' | 'run' | 'disks'>,
  isDriven = false,
): HostedSpec {
  const parsed = parseSpec(given);
  refuse(parsed);
  const overlays = parsed.disks.map((_, i) => `disk${i}.overlay`);
  const spec = {
    ...given,
    clock: clockOf(parsed.engine, isDriven),
    disks: parsed.disks.map((disk, i) => ({
      ...kept(disk),
      overlay: join(isBitExact(parsed.engine) ? run : disks, overlays[i] ?? ''),
    })),
    ...mediaIn(parsed, path),
  };
  return { engine: parsed.engine, spec, overlays, memoryMb: parsed.memory + parsed.videoMemory };
}

/** @throws GuestwrightError `usage/serial-port-missing` when the guest's agent is to be asked at a port that is not there */
export function assertHeartbeatPort({ spec, heartbeat }: Pick<MachineConfig, 'spec' | 'heartbeat'>): void {
  if (heartbeat === null) return;
  const parsed = parseSpec(spec);
  if (heartbeat.port >= portCount(parsed, 'serial')) throw portMissing(parsed, 'serial', heartbeat.port);
}

function clockOf(engine: 'v86' | 'qemu', isDriven: boolean): 'stepped' | 'paced' | 'host' {
  if (!isBitExact(engine)) return 'host';
  return isDriven ? 'stepped' : 'paced';
}

type SpecDisk = MachineSpec['disks'][number];

function kept({ bus, ...disk }: SpecDisk): SpecDisk {
  return { ...disk, ...(bus === undefined ? {} : { bus }) };
}

/** `./x` is in the machine's folder, wherever that is. */
function mediaIn({ floppy, cdrom }: MachineSpec, folder: string): Pick<MachineSpecInput, 'floppy' | 'cdrom'> {
  const at = (ref: string): string => (ref.startsWith('./') ? join(folder, ref) : ref);
  return {
    ...(typeof floppy === 'string' ? { floppy: at(floppy) } : {}),
    ...(typeof cdrom === 'string' ? { cdrom: at(cdrom) } : {}),
  };
}

/** What would be another machine, or kept elsewhere. */
function refuse(spec: MachineSpec): void {
  const { disks, state, record, clock } = spec;
  const wrong = [
    ...(disks.some((disk) => 'overlay' in disk && disk.overlay !== undefined)
      ? ['disks: the host keeps what is written to them in the folder of the machine: leave "overlay" out']
      : []),
    ...(state === undefined ? [] : ['state: a machine of a host begins where it is: leave "state" out']),
    ...(outletsOf(spec).length === 0
      ? []
      : ['serial, parallel, virtioConsoles: the ports of a machine of a host lead to the host only']),
    ...(record === true ? ['record: a machine of a host is not recorded: leave it out'] : []),
    ...(clock === 'virtual' ? ['clock: a machine of a host runs in step with the wall: leave it out'] : []),
  ];
  if (wrong.length === 0) return;
  throw new GuestwrightError('The machine cannot live on a host as it is', {
    kind: 'usage',
    code: 'hosted-spec-invalid',
    seen: wrong.join('\n'),
    next: 'correct the spec',
  });
}
