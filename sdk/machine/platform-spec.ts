/** The fields of a spec that choose another computer than the plain PC, and what of them goes together. */
import { z } from 'zod';
import {
  ARCHITECTURES,
  NETWORK_DEVICES,
  PLAIN_PC,
  type Architecture,
  type DiskBus,
  type Network,
  type Platform,
} from '../engines/engine.js';

const port = z.number().int().min(1).max(65535);

const networkObject = z.strictObject({
  /** The network card. */
  device: z.enum(NETWORK_DEVICES).default('virtio'),
  /** `isolated`: nothing is reached but what is set up here. `full`: everything that the host reaches. */
  access: z.enum(['isolated', 'full']).default('isolated'),
  /** Ports of the host's loopback that lead to a port of the guest. */
  forward: z
    .array(z.strictObject({ protocol: z.enum(['tcp', 'udp']).default('tcp'), host: port, guest: port }))
    .default([]),
  /** `machine.http` serves files to the guest, at an address that nobody else reaches. */
  http: z.boolean().optional(),
  /** A folder that the guest reads over TFTP, and the file in it that a start from the network (PXE) begins with. */
  tftp: z.strictObject({ folder: z.string().min(1), bootFile: z.string().min(1) }).optional(),
});

export const platformShape = {
  /** The processor. Default: `x86_64`. */
  architecture: z.enum(ARCHITECTURES).optional(),
  /** Default: `bios` on a PC; elsewhere `uefi`, or none at all where a kernel is started directly. */
  firmware: z.enum(['bios', 'uefi']).optional(),
  /** UEFI starts only what is signed (with Microsoft's certificates). */
  secureBoot: z.boolean().optional(),
  /** Number of processors. Default: 1. */
  smp: z.number().int().min(1).max(64).optional(),
  /** A watchdog that the guest may arm (Intel 6300ESB): the machine has crashed when it fires. */
  watchdog: z.boolean().optional(),
  /** A TPM 2.0, on a PC; it keeps what it knows as long as the machine is there, and in its snapshots. */
  tpm: z.boolean().optional(),
  /** Network card. Default: `isolated`, a virtio card on a network of the machine's own. */
  network: z.union([z.enum(['none', 'isolated', 'full']), networkObject]).optional(),
};

export type PlatformFields = z.output<z.ZodObject<typeof platformShape>>;

interface Neighbours {
  kernel?: unknown;
  floppy?: unknown;
  boot?: readonly string[] | undefined;
  disks: readonly { bus?: DiskBus | undefined }[];
}

/** A field that cannot be as it is, and why. */
export interface Problem {
  field: string;
  message: string;
}

function isPc(architecture: Architecture): boolean {
  return architecture === 'x86_64' || architecture === 'i386';
}

/** The computer that the fields choose. */
export function platformOf(fields: PlatformFields & { kernel?: unknown }): Platform {
  const { architecture = PLAIN_PC.architecture, secureBoot = false, smp = PLAIN_PC.smp, kernel } = fields;
  const usual = isPc(architecture) ? 'bios' : kernel === undefined ? 'uefi' : 'none';
  return { architecture, firmware: fields.firmware ?? usual, secureBoot, smp };
}

export function networkOf({ network = 'isolated' }: PlatformFields): Network | null {
  if (network === 'none') return null;
  const { tftp = null, ...rest } = networkObject.parse(typeof network === 'string' ? { access: network } : network);
  return { ...rest, tftp };
}

/** The bus of a disk that names none. */
export function usualBus({ architecture }: Platform): DiskBus {
  return isPc(architecture) ? 'ide' : 'virtio';
}

/** What in a spec for QEMU does not go together. */
export function platformProblems(spec: PlatformFields & Neighbours): Problem[] {
  const { architecture, firmware, secureBoot } = platformOf(spec);
  const { kernel, floppy, boot = [], disks } = spec;
  const pc = isPc(architecture);
  const ides = disks.filter(({ bus }) => bus === 'ide' || (bus === undefined && pc)).length;
  const checks: [boolean, string, string][] = [
    [firmware === 'bios' && !pc, 'firmware', `${architecture} has no BIOS`],
    [
      firmware === 'uefi' && (architecture === 'riscv64' || architecture === 'i386'),
      architecture === 'riscv64' && spec.firmware === undefined ? 'kernel' : 'firmware',
      `there is no UEFI for ${architecture} here${pc ? '' : ': give it a kernel to start directly'}`,
    ],
    [firmware === 'uefi' && kernel !== undefined && !pc, 'kernel', 'leave the firmware out to start a kernel directly'],
    [secureBoot && (firmware !== 'uefi' || architecture !== 'x86_64'), 'secureBoot', 'needs UEFI on x86_64'],
    [floppy !== undefined && firmware !== 'bios', 'floppy', 'only a PC with a BIOS has a floppy drive'],
    [spec.tpm === true && !pc, 'tpm', `only a PC has a TPM here, not ${architecture}`],
    [ides > 0 && !pc, 'disks', `${architecture} has no IDE: give the disk the bus virtio, scsi or nvme`],
    [ides > 2, 'disks', 'there are at most 2 IDE disks: give the others the bus virtio, scsi or nvme'],
    [boot.includes('network') && spec.network === 'none', 'boot', 'the machine has no network card'],
  ];
  return checks.flatMap(([wrong, field, message]) => (wrong ? [{ field, message }] : []));
}
