/** The board of a machine: what QEMU calls it, and the devices that a machine has on every board in another form. */
import type { Hardware, Platform } from '../engine.js';
import type { Installation } from './installation.js';

export type BoardKind = 'pc' | 'q35' | 'virt';

/**
 * The older PC unless something needs the newer: what is made for clouds (Debian's kernel for them, for one) knows its IDE
 * and not the other's AHCI. Only the newer can keep from the guest what has to be secret (SMM), as secure boot demands.
 */
export function boardKind({ architecture, secureBoot }: Pick<Platform, 'architecture' | 'secureBoot'>): BoardKind {
  if (architecture === 'aarch64' || architecture === 'riscv64') return 'virt';
  return secureBoot ? 'q35' : 'pc';
}

export interface BoardParts {
  platform: Platform;
  installation: Pick<Installation, 'boards' | 'vgaBios'>;
  hardware: Pick<Hardware, 'acpi' | 'videoMemoryMb'>;
  /** Names of the block nodes with the firmware's code and variables. */
  flash: { code: string; variables: string } | null;
  /** Named pipes of the serial ports, without their endings. */
  serial: readonly string[];
  /** The run is recorded, or replayed. */
  recorded?: boolean;
}

export function boardOptions({
  platform,
  installation,
  hardware,
  flash,
  serial,
  recorded = false,
}: BoardParts): string[] {
  const kind = boardKind(platform);
  const { architecture } = platform;
  const on = (value: boolean): string => (value ? 'on' : 'off');
  const machine = [
    installation.boards[kind] ?? kind,
    ...(architecture === 'riscv64' ? [] : [`acpi=${on(hardware.acpi)}`]),
    'usb=off',
    ...(kind === 'virt' ? [] : ['vmport=off']),
    'dump-guest-core=off',
    ...(platform.secureBoot ? ['smm=on'] : []),
    ...(flash === null ? [] : [`pflash0=${flash.code}`, `pflash1=${flash.variables}`]),
  ];
  return [
    ...['-machine', machine.join(',')],
    ...['-cpu', PROCESSORS[architecture]],
    ...['-smp', String(platform.smp)],
    ...['-device', kind === 'virt' ? 'virtio-gpu-pci,id=video0' : vga(installation.vgaBios, hardware.videoMemoryMb)],
    // A tablet says where the pointer is rather than how far it has moved.
    ...['-device', 'qemu-xhci,id=usb0', '-device', 'usb-tablet,id=tablet0,bus=usb0.0'],
    ...(kind === 'virt' ? ['-device', 'usb-kbd,id=keyboard0,bus=usb0.0'] : []),
    ...['-device', kind === 'virt' ? 'pvpanic-pci' : 'pvpanic'],
    // Only code that the firmware itself runs may change what is trusted.
    ...(platform.secureBoot ? ['-global', 'driver=cfi.pflash01,property=secure,value=on'] : []),
    // Of these two QEMU records only ports that are made the first way.
    ...(recorded ? serial.flatMap((path) => ['-serial', `pipe:${path}`]) : []),
    ...(recorded ? [] : serial).flatMap((path, index) => [
      ...['-chardev', `pipe,id=serial${index},path=${escaped(path)}`],
      ...serialPort(kind, index),
    ]),
  ];
}

/** Everything that QEMU can translate; on Arm a processor that firmware and kernels of some age know as well. */
const PROCESSORS: Readonly<Record<Platform['architecture'], string>> = {
  x86_64: 'max',
  i386: 'max',
  aarch64: 'cortex-a72',
  riscv64: 'rv64',
};

function vga(rom: string | null, megabytes: number): string {
  return [
    'VGA,id=video0',
    `vgamem_mb=${2 ** Math.ceil(Math.log2(megabytes))}`,
    ...(rom === null ? [] : [`romfile=${escaped(rom)}`]),
  ].join(',');
}

function serialPort(kind: BoardKind, index: number): string[] {
  if (kind !== 'virt') return ['-device', `isa-serial,index=${index},chardev=serial${index}`];
  // The board has one, which can only be filled this way.
  return index === 0 ? ['-serial', 'chardev:serial0'] : ['-device', `pci-serial,chardev=serial${index}`];
}

/** In a list of options a comma is written twice. */
export function escaped(value: string): string {
  return value.replaceAll(',', ',,');
}
