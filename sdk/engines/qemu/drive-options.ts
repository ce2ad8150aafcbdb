/** The drives of a machine, and its network card, on QEMU's command line: everything that can be started from. */
import type { BootDevice, DiskBus, EngineContext, Network, NetworkDevice } from '../engine.js';
import type { BlockNode } from './block-nodes.js';
import { escaped, type BoardKind } from './board.js';
import { filterOptions, type RecordLog } from './record-options.js';

/** As a disk of the embedded engine calls itself: what a guest shows of its disks is then the same on both. */
const DISK_MODEL = 'v86 ATA HD';
/** What the host cannot write is no error of the guest's disk: the machine stops before it (`failed-writes.ts`). */
const WRITE_ERRORS = ',werror=stop';
/** Every guest has a network of its own, so that all may have the same. */
const MAC = '52:54:00:12:34:56';

export interface DiskDrive {
  bus: DiskBus;
  node: BlockNode;
}

/** The drives of a machine, with what is in them. */
export interface Drives {
  /** One entry per drive; null is an empty drive. */
  floppies: readonly (BlockNode | null)[];
  /** `undefined`: no drive. */
  cdrom: BlockNode | null | undefined;
  disks: readonly DiskDrive[];
  /** The firmware's variables, where it has any. */
  variables?: BlockNode | null;
}

export interface BootParts {
  board: BoardKind;
  drives: Drives;
  network: Network | null;
  cables: NonNullable<EngineContext['cables']> | null;
  order: readonly BootDevice[];
  /** A kernel that is booted directly is the first to be tried. */
  kernel: boolean;
  log: RecordLog | null;
}

export function bootOptions({ board, drives, network, cables, order, kernel, log }: BootParts): string[] {
  const { floppies, cdrom, disks } = drives;
  const places = bootPlaces(
    order,
    { floppy: floppies.length, cdrom: 1, disk: disks.length, network: 1 },
    kernel ? 1 : 0,
  );
  const place = (device: BootDevice, index: number): string => {
    const at = places.get(`${device}${index}`);
    return at === undefined ? '' : `,bootindex=${at}`;
  };
  const nodes = [...floppies, cdrom ?? null, ...disks.map(({ node }) => node)].filter((node) => node !== null);
  const scsi = disks.some(({ bus }) => bus === 'scsi') || (board === 'virt' && cdrom !== undefined);
  return [
    ...nodes.flatMap(({ description }) => ['-blockdev', JSON.stringify(description)]),
    ...floppies.flatMap((node, i) => [
      ...['-device', `floppy,id=floppy${i},unit=${i}${content(node)}`],
      // The controller, which is part of the machine, keeps the order of its drives.
      ...['', 'A', 'B'].slice(i + 1, i + 2).flatMap((letter) => {
        const at = places.get(`floppy${i}`);
        return at === undefined ? [] : ['-global', `isa-fdc.bootindex${letter}=${at}`];
      }),
    ]),
    ...(scsi ? ['-device', 'virtio-scsi-pci,id=scsi0'] : []),
    ...disks.flatMap((disk, i) => ['-device', `${diskDevice(board, disk, i)}${content(disk.node)}${place('disk', i)}`]),
    ...(cdrom === undefined ? [] : ['-device', `${CDROMS[board]}${content(cdrom)}${place('cdrom', 0)}`]),
    ...networkOptions(network, { cables, log, place: place('network', 0) }),
    ...['-boot', 'menu=off,strict=on'],
  ];
}

function bootPlaces(
  order: readonly BootDevice[],
  counts: Readonly<Record<BootDevice, number>>,
  first: number,
): Map<string, number> {
  const names = order.flatMap((device) => Array.from({ length: counts[device] }, (_, i) => `${device}${i}`));
  return new Map(names.map((name, i) => [name, first + i]));
}

function content(node: BlockNode | null): string {
  return node === null ? '' : `,drive=${node.name}`;
}

function diskDevice(board: BoardKind, { bus }: DiskDrive, index: number): string {
  const id = `id=disk${index}`;
  switch (bus) {
    case 'ide': {
      // Disks on the first channel and the CD on the second, as a PC of the time has them; the newer PC has a channel for each.
      const where = board === 'pc' ? `bus=ide.0,unit=${index}` : `bus=ide.${index},unit=0`;
      return `ide-hd,${id},${where},model=${DISK_MODEL}${WRITE_ERRORS}`;
    }
    case 'virtio':
      return `virtio-blk-pci,${id}${WRITE_ERRORS}`;
    case 'scsi':
      return `scsi-hd,${id},bus=scsi0.0${WRITE_ERRORS}`;
    case 'nvme':
      // QEMU's knows only to tell the guest.
      return `nvme,${id},serial=guestwright${index}`;
  }
}

const CDROMS: Readonly<Record<BoardKind, string>> = {
  pc: 'ide-cd,id=cdrom0,bus=ide.1,unit=0',
  q35: 'ide-cd,id=cdrom0,bus=ide.5,unit=0',
  virt: 'scsi-cd,id=cdrom0,bus=scsi0.0',
};

const CARDS: Readonly<Record<NetworkDevice, string>> = {
  virtio: 'virtio-net-pci',
  e1000: 'e1000',
  e1000e: 'e1000e',
  rtl8139: 'rtl8139',
};

function networkOptions(
  network: Network | null,
  { cables, log, place }: Pick<BootParts, 'cables' | 'log'> & { place: string },
): string[] {
  if (network === null) return ['-nic', 'none'];
  const { device, access, forward, tftp } = network;
  const user = [
    'user,id=net0',
    `restrict=${access === 'isolated' ? 'on' : 'off'}`,
    ...forward.map(({ protocol, host, guest }) => `hostfwd=${protocol}:127.0.0.1:${host}-:${guest}`),
    ...(tftp === null ? [] : [`tftp=${escaped(tftp.folder)}`, `bootfile=${escaped(tftp.bootFile)}`]),
  ];
  // Its option ROM is there to start from the network; without that it would only make every start longer.
  const rom = place === '' ? ',romfile=' : '';
  const peer = cables === null ? 'net0' : 'guest0';
  return [
    // What came from outside is in the log: there is no outside when it is replayed.
    ...(log?.mode === 'replay' ? ['-netdev', `hubport,id=${peer},hubid=0`] : ['-netdev', user.join(',')]),
    ...(cables === null || log?.mode === 'replay' ? [] : cableOptions(cables)),
    ...filterOptions(log, peer),
    ...['-device', `${CARDS[device]},id=card0,netdev=${peer},mac=${MAC}${rom}${place}`],
  ];
}

/** One cable for the card, and one for the network, which only a hub can join to it. */
function cableOptions({ guest, outside }: NonNullable<BootParts['cables']>): string[] {
  const stream = (id: string, path: string): string[] => [
    '-netdev',
    `stream,id=${id},server=off,addr.type=unix,addr.path=${escaped(path)}`,
  ];
  return [
    ...stream('guest0', guest),
    ...stream('outside0', outside),
    ...['net0', 'outside0'].flatMap((id) => ['-netdev', `hubport,id=hub-${id},hubid=0,netdev=${id}`]),
  ];
}
