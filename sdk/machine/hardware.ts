/** Makes hardware of a spec: finds the files and images that it names, fills in what it leaves open. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Disk, Hardware, Medium, Network, RemovableMedia, WholeFile } from '../engines/engine.js';
import { GuestwrightError } from '../errors.js';
import { resolveFileRef, type ResolvedFile } from '../images/refs.js';
import { openDiskMedium } from './disk-medium.js';
import { networkOf, platformOf, usualBus } from './platform-spec.js';
import { outletsOf, portCount } from './port-spec.js';
import type { MachineSpec, ParsedMedia } from './spec.js';

/** Largest floppy, bytes: 2.88 MB. */
const MAX_FLOPPY = 2_949_120;

export async function hardwareOf(spec: MachineSpec): Promise<Hardware> {
  const [media, disks, kernel] = await Promise.all([
    removableMedia(spec, spec),
    Promise.all(spec.disks.map(async (disk, index) => await openDisk(disk, index, spec))),
    openKernel(spec.kernel),
  ]);
  return {
    ...media,
    disks,
    kernel,
    memoryMb: spec.memory,
    videoMemoryMb: spec.videoMemory,
    ...portsOf(spec),
    acpi: spec.acpi,
    rtc: Date.parse(spec.date),
    seed: spec.seed,
    clock: spec.clock,
    ...(spec.engine === 'v86' ? {} : { platform: platformOf(spec), network: await openNetwork(spec) }),
    ...(spec.mips === undefined ? {} : { mips: spec.mips }),
    ...(spec.watchdog === true ? { watchdog: true } : {}),
    ...(spec.tpm === true ? { tpm: true } : {}),
    ...(spec.record === true ? { record: true } : {}),
    ...(spec.accelerator === undefined ? {} : { accelerator: spec.accelerator }),
  };
}

/** Only what a machine has: its identity is made of this. */
function portsOf(spec: MachineSpec): Pick<Hardware, 'serialPorts' | 'parallelPorts' | 'virtioConsoles' | 'outlets'> {
  const parallelPorts = portCount(spec, 'parallel');
  const virtioConsoles = portCount(spec, 'console');
  const outlets = outletsOf(spec);
  return {
    serialPorts: portCount(spec, 'serial'),
    ...(parallelPorts > 0 ? { parallelPorts } : {}),
    ...(virtioConsoles > 0 ? { virtioConsoles } : {}),
    ...(outlets.length > 0 ? { outlets } : {}),
  };
}

/** What is in the drives, and in which order they are tried. */
export async function removableMedia(media: ParsedMedia, spec: Pick<MachineSpec, 'disks'>): Promise<RemovableMedia> {
  const { floppy, cdrom, boot } = media;
  const present = [
    ...(floppy === undefined ? [] : (['floppy'] as const)),
    ...(cdrom === undefined ? [] : (['cdrom'] as const)),
    ...(spec.disks.length === 0 ? [] : (['disk'] as const)),
  ];
  const bootOrder = boot ?? (present.length === 0 ? (['disk'] as const) : present);
  return {
    floppies: floppy === undefined ? [] : [floppy === null ? null : await openFloppy(floppy)],
    cdrom: cdrom === undefined || cdrom === null ? cdrom : await openRemovable(cdrom),
    bootOrder: [...bootOrder],
  };
}

export async function openFloppy(ref: string): Promise<Medium> {
  const medium = await openRemovable(ref);
  const size = medium.source.kind === 'bytes' ? medium.source.bytes.length : medium.source.size;
  if (size <= MAX_FLOPPY) return medium;
  throw new GuestwrightError(`${ref} is too large for a floppy`, {
    kind: 'usage',
    code: 'floppy-too-large',
    expected: `at most ${MAX_FLOPPY} bytes (2.88 MB)`,
    seen: `${size} bytes`,
    next: 'use it as `cdrom` or as one of the `disks`',
  });
}

export async function openRemovable(ref: string): Promise<Medium> {
  const file = await resolveFileRef(ref);
  return {
    source: { kind: 'file', path: file.path, size: file.size },
    digest: file.sha256,
    overlay: { kind: 'memory' },
  };
}

async function openDisk(disk: MachineSpec['disks'][number], index: number, spec: MachineSpec): Promise<Disk> {
  const medium = await openDiskMedium(disk, index, spec);
  return spec.engine === 'v86' ? medium : { ...medium, bus: disk.bus ?? usualBus(platformOf(spec)) };
}

async function openNetwork(spec: MachineSpec): Promise<Network | null> {
  const network = networkOf(spec);
  if (network?.tftp == null) return network;
  const folder = path.resolve(network.tftp.folder);
  const isFolder = await stat(folder).then(
    (seen) => seen.isDirectory(),
    () => false,
  );
  if (isFolder) return { ...network, tftp: { ...network.tftp, folder } };
  throw new GuestwrightError(`There is no folder ${network.tftp.folder}`, {
    kind: 'usage',
    code: 'file-missing',
    expected: 'the folder that the guest is to read over TFTP',
    seen: folder,
    next: 'correct the spec field "network.tftp.folder"',
  });
}

function wholeFile({ path: file, size, sha256 }: ResolvedFile): WholeFile {
  return { source: { kind: 'file', path: file, size }, digest: sha256 };
}

async function openKernel(kernel: MachineSpec['kernel']): Promise<Hardware['kernel']> {
  if (kernel === undefined) return null;
  const image = await resolveFileRef(kernel.path);
  const initrd = kernel.initrd === undefined ? null : await resolveFileRef(kernel.initrd);
  return {
    kernel: wholeFile(image),
    initrd: initrd === null ? null : wholeFile(initrd),
    commandLine: kernel.commandLine ?? image.commandLine ?? '',
  };
}
