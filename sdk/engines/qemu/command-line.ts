/**
 * QEMU's command line for a machine. Nothing is implied: no defaults, no configuration of the user's, a machine type that
 * names its version, and nothing on the network.
 */
import { PLAIN_PC, type EngineContext, type Hardware } from '../engine.js';
import type { Accelerator } from './accelerator.js';
import { boardKind, boardOptions, escaped } from './board.js';
import { bootOptions, type Drives } from './drive-options.js';
import type { Installation } from './installation.js';
import { boardPorts, consoleCard } from './ports.js';
import { countOptions, type RecordLog } from './record-options.js';
import { TPM_CONTROL } from './tpm.js';

export interface CommandLineParts {
  installation: Pick<Installation, 'boards' | 'sandbox' | 'traces' | 'vgaBios'>;
  accelerator: Accelerator;
  hardware: Pick<
    Hardware,
    | 'memoryMb'
    | 'videoMemoryMb'
    | 'serialPorts'
    | 'parallelPorts'
    | 'virtioConsoles'
    | 'outlets'
    | 'tpm'
    | 'acpi'
    | 'rtc'
    | 'seed'
    | 'bootOrder'
    | 'platform'
    | 'network'
    | 'clock'
    | 'watchdog'
  >;
  drives: Drives;
  /** File with the code of the firmware, where it is not the board's own. */
  firmware: string | null;
  /** Files of a kernel that is booted directly. */
  kernel: { kernel: string; initrd: string | null; commandLine: string } | null;
  /** A unix socket on which we listen, QEMU connecting to it; and the folder with the named pipes of the ports. */
  sockets: { qmp: string; pipes: string };
  /** Unix sockets between the guest's card and its network; without them the two are joined. */
  cables?: EngineContext['cables'] | undefined;
  /** A saved state comes before the guest runs. */
  incoming: boolean;
  memory: GuestMemory;
  /** The run is recorded there, or replayed from there. */
  log?: RecordLog | null;
}

/** Trace points of the keyboard and mouse: they say when the guest has taken a key (`input-watch.ts`). */
export const TRACE_POINTS = [
  'ps2_keyboard_event',
  'ps2_put_keycode',
  'ps2_read_data',
  'ps2_write_keyboard',
  'ps2_write_mouse',
] as const;

/**
 * Where the guest's memory is. `own`: wherever QEMU has it. `shared`: in a file without a name that begins as zeros
 * (`shared-memory.ts`). `kept`: in such a file of the process before, which this one inherits under that number. `mapped`:
 * it begins as a file that is not written to, what the guest writes is QEMU's own.
 */
export type GuestMemory =
  { kind: 'own' } | { kind: 'shared' } | { kind: 'kept'; descriptor: number } | { kind: 'mapped'; file: string };

/** What QEMU calls the memory of a PC, in its states too. */
export const MEMORY_BLOCK = 'pc.ram';

export function commandLine(parts: CommandLineParts): string[] {
  const { installation, accelerator, hardware, drives, firmware, kernel, sockets, incoming, memory } = parts;
  const { sandbox, traces } = installation;
  const { platform = PLAIN_PC, network = null } = hardware;
  const log = parts.log ?? null;
  const { variables = null } = drives;
  const flash = firmware === null || variables === null ? null : { code: FIRMWARE, variables: variables.name };
  const nodes =
    flash === null ? [] : [firmwareNode(firmware ?? ''), ...(variables === null ? [] : [variables.description])];
  return [
    ...['-nodefaults', '-no-user-config'],
    ...(sandbox ? ['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'] : []),
    ...nodes.flatMap((description) => ['-blockdev', JSON.stringify(description)]),
    ...boardOptions({ platform, installation, hardware, flash }),
    ...boardPorts({ kind: boardKind(platform), hardware, folder: sockets.pipes, recorded: log !== null }),
    ...(hardware.tpm === true ? TPM : []),
    ...memoryOptions(memory, hardware.memoryMb),
    ...['-accel', accelerator],
    ...countOptions(hardware.clock, log),
    ...['-m', `${hardware.memoryMb}M`],
    ...['-rtc', `base=${new Date(hardware.rtc).toISOString().slice(0, 19)},clock=vm`],
    ...['-seed', String(hardware.seed)],
    ...['-display', 'none', '-vga', 'none', '-monitor', 'none', '-parallel', 'none'],
    // The machine stops where the guest resets, powers off or panics: what it showed then can still be looked at.
    ...['-action', 'reboot=shutdown,shutdown=pause,panic=pause,watchdog=pause'],
    ...['-d', ['cpu_reset', ...(traces ? TRACE_POINTS.map((name) => `trace:${name}`) : [])].join(',')],
    ...['-chardev', `socket,id=qmp,path=${escaped(sockets.qmp)},server=off`, '-mon', 'chardev=qmp,mode=control'],
    ...bootOptions({
      board: boardKind(platform),
      drives,
      network,
      cables: parts.cables ?? null,
      log,
      order: hardware.bootOrder,
      kernel: kernel !== null,
    }),
    // The last of the cards, so that the others are where they are without them.
    ...consoleCard({ hardware, folder: sockets.pipes }),
    ...(hardware.watchdog === true ? ['-device', 'i6300esb,id=watchdog0'] : []),
    ...kernelOptions(kernel),
    ...(incoming ? ['-incoming', 'defer'] : []),
    // Not before we listen to all of it.
    '-S',
  ];
}

/** On the bus that firmware and systems of every age know (TIS). */
const TPM = [
  ...['-chardev', `socket,id=tpm-control0,fd=${TPM_CONTROL}`],
  ...['-tpmdev', 'emulator,id=tpm0,chardev=tpm-control0'],
  ...['-device', 'tpm-tis,tpmdev=tpm0'],
];

const FIRMWARE = 'firmware';

function firmwareNode(path: string): Record<string, unknown> {
  const file = { driver: 'file', filename: path, 'read-only': true };
  return { driver: 'raw', 'node-name': FIRMWARE, 'read-only': true, file };
}

/** By the name that the memory has without: a saved state fits any of them. */
function memoryOptions(memory: GuestMemory, memoryMb: number): string[] {
  if (memory.kind === 'own') return [];
  const [type, ...properties] = memoryBackend(memory);
  return [
    ...['-object', [type, `id=${MEMORY_BLOCK}`, `size=${memoryMb}M`, ...properties].join(',')],
    ...['-machine', `memory-backend=${MEMORY_BLOCK}`],
  ];
}

function memoryBackend(memory: Exclude<GuestMemory, { kind: 'own' }>): string[] {
  switch (memory.kind) {
    case 'shared':
      return ['memory-backend-memfd', 'share=on'];
    case 'kept':
      return ['memory-backend-file', `mem-path=/proc/self/fd/${memory.descriptor}`, 'share=on'];
    case 'mapped':
      return ['memory-backend-file', `mem-path=${escaped(memory.file)}`, 'share=off'];
  }
}

function kernelOptions(kernel: CommandLineParts['kernel']): string[] {
  if (kernel === null) return [];
  return [
    ...['-kernel', kernel.kernel],
    ...(kernel.initrd === null ? [] : ['-initrd', kernel.initrd]),
    ...['-append', kernel.commandLine],
  ];
}
