/**
 * QEMU's command line for a machine. Nothing is implied: no defaults, no configuration of the user's, a machine type that
 * names its version, and nothing on the network.
 */
import type { Hardware } from '../engine.js';
import type { Accelerator } from './accelerator.js';
import type { BlockNode } from './block-nodes.js';
import type { Installation } from './installation.js';

/** As a disk of the embedded engine calls itself: what a guest shows of its disks is then the same on both. */
const DISK_MODEL = 'v86 ATA HD';

/** The drives of a machine, with what is in them. */
export interface Drives {
  /** One entry per drive; null is an empty drive. */
  floppies: readonly (BlockNode | null)[];
  /** `undefined`: no drive. */
  cdrom: BlockNode | null | undefined;
  disks: readonly BlockNode[];
}

export interface CommandLineParts {
  installation: Pick<Installation, 'machineType' | 'sandbox' | 'traces' | 'vgaBios'>;
  accelerator: Accelerator;
  hardware: Pick<Hardware, 'memoryMb' | 'videoMemoryMb' | 'serialPorts' | 'acpi' | 'rtc' | 'seed' | 'bootOrder'>;
  drives: Drives;
  /** Files of a kernel that is booted directly. */
  kernel: { kernel: string; initrd: string | null; commandLine: string } | null;
  /** Unix sockets on which we listen: QEMU connects to them. */
  sockets: { qmp: string; serial: readonly string[] };
  /** A saved state comes before the guest runs. */
  incoming: boolean;
}

/** Trace points of the keyboard and mouse: they say when the guest has taken a key (`input-watch.ts`). */
export const TRACE_POINTS = [
  'ps2_keyboard_event',
  'ps2_put_keycode',
  'ps2_read_data',
  'ps2_write_keyboard',
  'ps2_write_mouse',
] as const;

export function commandLine(parts: CommandLineParts): string[] {
  const { installation, accelerator, hardware, drives, kernel, sockets, incoming } = parts;
  const { machineType, sandbox, traces, vgaBios } = installation;
  const on = (value: boolean): string => (value ? 'on' : 'off');
  return [
    ...['-nodefaults', '-no-user-config'],
    ...(sandbox ? ['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'] : []),
    ...['-machine', `${machineType},acpi=${on(hardware.acpi)},usb=off,vmport=off,dump-guest-core=off`],
    ...['-accel', accelerator],
    ...['-cpu', 'max'],
    ...['-smp', '1'],
    ...['-m', `${hardware.memoryMb}M`],
    ...['-rtc', `base=${new Date(hardware.rtc).toISOString().slice(0, 19)},clock=vm`],
    ...['-seed', String(hardware.seed)],
    ...['-display', 'none', '-vga', 'none', '-monitor', 'none', '-parallel', 'none', '-nic', 'none'],
    ...['-device', `VGA,id=video0,vgamem_mb=${powerOfTwo(hardware.videoMemoryMb)},romfile=${escaped(vgaBios)}`],
    // A tablet says where the pointer is rather than how far it has moved.
    ...['-device', 'qemu-xhci,id=usb0', '-device', 'usb-tablet,id=tablet0,bus=usb0.0'],
    ...['-device', 'pvpanic'],
    // The machine stops where the guest resets, powers off or panics: what it showed then can still be looked at.
    ...['-action', 'reboot=shutdown,shutdown=pause,panic=pause,watchdog=pause'],
    ...['-d', ['cpu_reset', ...(traces ? TRACE_POINTS.map((name) => `trace:${name}`) : [])].join(',')],
    ...['-chardev', `socket,id=qmp,path=${escaped(sockets.qmp)},server=off`, '-mon', 'chardev=qmp,mode=control'],
    ...sockets.serial.flatMap((path, index) => [
      ...['-chardev', `socket,id=serial${index},path=${escaped(path)},server=off`],
      ...['-device', `isa-serial,index=${index},chardev=serial${index}`],
    ]),
    // A kernel that is booted directly is the first to be tried.
    ...driveOptions(drives, hardware.bootOrder, kernel === null ? 0 : 1),
    ...['-boot', 'menu=off,strict=on'],
    ...kernelOptions(kernel),
    ...(incoming ? ['-incoming', 'defer'] : []),
    // Not before we listen to all of it.
    '-S',
  ];
}

function driveOptions({ floppies, cdrom, disks }: Drives, order: Hardware['bootOrder'], first: number): string[] {
  let bootIndex = first;
  const indices = new Map<string, number>();
  for (const kind of order) {
    const count = kind === 'disk' ? disks.length : kind === 'cdrom' ? 1 : floppies.length;
    for (let i = 0; i < count; i++) indices.set(`${kind}${i}`, bootIndex++);
  }
  const drive = (node: BlockNode | null): string => (node === null ? '' : `,drive=${node.name}`);
  const boot = (kind: string, index: number): number[] => {
    const place = indices.get(`${kind}${index}`);
    return place === undefined ? [] : [place];
  };
  const option = (kind: string, index: number): string =>
    boot(kind, index)
      .map((place) => `,bootindex=${place}`)
      .join('');
  const nodes = [...floppies, cdrom ?? null, ...disks].filter((node) => node !== null);
  return [
    ...nodes.flatMap(({ description }) => ['-blockdev', JSON.stringify(description)]),
    ...floppies.flatMap((node, i) => [
      ...['-device', `floppy,id=floppy${i},unit=${i}${drive(node)}`],
      // The controller, which is part of the machine, keeps the order of its drives.
      ...boot('floppy', i).flatMap((index) => ['-global', `isa-fdc.bootindex${i === 0 ? 'A' : 'B'}=${index}`]),
    ]),
    // Disks on the first channel and the CD on the second, as a PC of the time has them.
    ...disks.flatMap((node, i) => [
      '-device',
      `ide-hd,id=disk${i},bus=ide.0,unit=${i},model=${DISK_MODEL}${drive(node)}${option('disk', i)}`,
    ]),
    ...(cdrom === undefined
      ? []
      : ['-device', `ide-cd,id=cdrom0,bus=ide.1,unit=0${drive(cdrom)}${option('cdrom', 0)}`]),
  ];
}

function kernelOptions(kernel: CommandLineParts['kernel']): string[] {
  if (kernel === null) return [];
  return [
    ...['-kernel', kernel.kernel],
    ...(kernel.initrd === null ? [] : ['-initrd', kernel.initrd]),
    ...['-append', kernel.commandLine],
  ];
}

/** In a list of options a comma is written twice. */
function escaped(value: string): string {
  return value.replaceAll(',', ',,');
}

function powerOfTwo(megabytes: number): number {
  return 2 ** Math.ceil(Math.log2(megabytes));
}
