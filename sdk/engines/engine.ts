/**
 * The contract that every engine fulfils. Outside `sdk/engines/<name>/` nothing else of an engine is seen.
 *
 * Two closed sets carry everything: {@link Input} (nothing else can reach a device) and {@link Question} (nothing else
 * can be seen). Both are plain data and carry guest time, because a journal stands on them.
 */
import type { ScreenContent } from '../screen/content.js';
import type { KeyCode } from '../input/keycodes.js';
import type { BlockSource } from './blocks.js';
import type { RecordedRun, RunReplay } from './recorded-run.js';
import type { Stall } from './stalled.js';

/** Guest time in milliseconds since the machine was first started; it never runs backwards but for a revert. */
export type GuestTime = number;

/** `bit-exact`: the same inputs give the same state, always. `recorded`: a run can be replayed exactly. `none`: neither. */
export type Determinism = 'bit-exact' | 'recorded' | 'none';

/**
 * - `stepped`: the guest runs only while something waits for it; idle time is skipped.
 * - `paced`: stepped, but held to wall time, for people.
 * - `free`: advancing means waiting.
 * - `virtual`: free, with guest time independent of the host's load.
 */
export type ClockKind = 'stepped' | 'paced' | 'free' | 'virtual';

export interface Capabilities {
  determinism: Determinism;
  clocks: readonly ClockKind[];
  architectures: readonly Architecture[];
  firmware: readonly ('bios' | 'uefi')[];
  pointer: readonly ('relative' | 'absolute')[];
  snapshots: boolean;
  migration: boolean;
  /** A guest can be asked to shut down, as by the button of a PC (ACPI). */
  powerButton: boolean;
  /** Highest number of serial ports. */
  serialPorts: number;
}

/** What `probe()` found. */
export type Probe = { available: true; detail: string } | { available: false; missing: string; install: string };

/** A power state that the engine itself can be in. `off` after the guest or the user powered off. */
export type PowerState = 'running' | 'off' | 'halted' | 'crashed';

/** Where removable media go. */
export type Drive = 'floppy0' | 'floppy1' | 'cdrom0';

/** What bytes go over: serial ports, parallel ports (from the guest only), virtio consoles. */
export const PORT_DEVICES = ['serial', 'parallel', 'console'] as const;
export type PortDevice = (typeof PORT_DEVICES)[number];

/** Everything that can reach a device. Closed on purpose. */
export type Input =
  | { kind: 'key'; code: KeyCode; down: boolean }
  | { kind: 'pointer'; action: PointerAction }
  /** @property device default: `serial` */
  | { kind: 'serial'; device?: PortDevice; port: number; data: Uint8Array }
  | { kind: 'network'; frame: Uint8Array }
  | { kind: 'media'; drive: Drive; medium: Medium | null }
  | { kind: 'power'; action: 'reset' }
  | { kind: 'power'; action: 'off' }
  /** ACPI's power button is pressed: the guest is told, and does with it what it likes. */
  | { kind: 'power'; action: 'button' }
  /**
   * Stops the guest, and guest time with it, until `resume`. Machines on a `free` clock only: others stand by themselves,
   * and know `resume` only as what ends a stall (see `EngineEvent`).
   */
  | { kind: 'power'; action: 'pause' | 'resume' }
  /** Switches a machine that is off on again, with these removable media; the disks keep what was written. */
  | { kind: 'power'; action: 'on'; media: RemovableMedia }
  | { kind: 'snapshot' }
  | { kind: 'clock'; clock: ClockKind };

export type PointerAction =
  /** Relative movement in guest counts; positive is right and down. */
  | { type: 'move'; dx: number; dy: number }
  /** Absolute position, each 0 to 1 of the screen. */
  | { type: 'moveTo'; x: number; y: number }
  | { type: 'buttons'; left: boolean; middle: boolean; right: boolean }
  /** Positive scrolls down. */
  | { type: 'wheel'; dy: number };

/**
 * Everything that can be asked. Answers are plain data, named by (question, guest time).
 * `aside`: by somebody who only looks on. What was seen counts as not told yet: whoever waits for a change gets it all the same.
 */
export type Question =
  | { kind: 'screen'; aside?: true }
  /** Output of a port (default: a serial one) from the byte offset `from` (0 is the first byte the guest ever sent). */
  | { kind: 'serial'; device?: PortDevice; port: number; from: number; aside?: true }
  /** Keys that the guest has not taken out of the controller, or out of the firmware's buffer, yet. */
  | { kind: 'keyboard' }
  | { kind: 'pointer' }
  | { kind: 'power' }
  /** SHA-256 over guest memory, CPU, devices, disks, clock and randomness, and the parts it is made of. */
  | { kind: 'stateHash' };

export interface Answers {
  screen: ScreenContent;
  serial: { data: Uint8Array; end: number };
  keyboard: { pending: number; enabled: boolean };
  pointer: { absolute: boolean; enabled: boolean; pending: number };
  power: { state: PowerState; detail: string | null };
  stateHash: StateHash;
}

export interface StateHash {
  /** Lower-case hex SHA-256 over `parts` in order. */
  hash: string;
  /** Named digests, so that a difference can be located: `memory`, `cpu`, `devices`, `disks`, `clock`, `random`. */
  parts: Record<string, string>;
}

/** What ends an `advance` before its limit. */
export type StopReason = 'screen' | 'serial' | 'keyboard' | 'power';

export interface AdvanceRequest {
  /** Guest time at which to stop at the latest. */
  limit: GuestTime;
  /**
   * Stop earlier, at the first sample point where any of these has changed since the observation last answered:
   * the screen, the output of any port, the keyboard buffer having drained. A change of power always stops.
   */
  stopOn: readonly StopReason[];
}

export interface AdvanceResult {
  now: GuestTime;
  /** Why it stopped: `limit`, or what changed. */
  reason: 'limit' | StopReason;
  power: PowerState;
}

/** What changed at one point of the grid of a bit-exact engine. */
export type TracedChange =
  /** At sample points only. Null: a picture, which is there for whoever asks at that point. */
  | { kind: 'screen'; at: GuestTime; content: ScreenContent | null }
  /** What came since the last change. */
  | { kind: 'serial'; at: GuestTime; port: number; data: Uint8Array }
  | { kind: 'keyboard'; at: GuestTime; keyboard: Answers['keyboard'] }
  | { kind: 'pointer'; at: GuestTime; pointer: Answers['pointer'] }
  | ({ kind: 'power'; at: GuestTime } & Answers['power'])
  | { kind: 'reset'; at: GuestTime };

export interface Traced {
  /** In the order of their times. */
  changes: TracedChange[];
  now: GuestTime;
}

/** What a journal needs to know of a bit-exact engine. */
export interface JournalFacts {
  /** See `EngineMachine.identity`: of the machine that a start would give. */
  identity(hardware: Hardware): Promise<string>;
  /** Guest ms: inputs and observations are at multiples of it. */
  quantumMs: number;
  /** Guest ms: waits for the screen and for ports are evaluated at multiples of it. */
  sampleMs: number;
  /** Guest ms: at multiples of it a snapshot changes nothing. */
  canonicalMs: number;
}

/** What a guest wrote to a disk, over its base: blocks of 4,096 bytes by their number. Blocks never change. */
export type DiskBlocks = ReadonlyMap<number, Uint8Array>;

/** What reached a disk while somebody watched. */
export interface DiskWrites {
  /** What was there before. */
  before: DiskBlocks;
  /** Write by write, in the order in which they reached the disk: the blocks as each left them. */
  writes: readonly DiskBlocks[];
}

export interface ForkContext {
  /** Every file that the fork makes goes in here. */
  runDirectory: string;
  /** By a disk's index: what is on it instead of what the snapshot has there. Only where writes can be watched. */
  disks?: ReadonlyMap<number, DiskBlocks>;
}

/** What a snapshot is to its holder; the bytes stay with the engine until they are exported. */
export interface EngineSnapshot {
  id: string;
  time: GuestTime;
  bytes: number;
}

/** An input of a machine, or its beginning, as plain data. */
export interface PathEntry {
  /** Lower-case hex SHA-256 over all that led here, this input included. */
  key: string;
  at: GuestTime;
  /** Media by their digests. Null: the beginning, or one that carries a secret. */
  input: object | null;
}

/** What led to a snapshot. */
export interface SnapshotPath {
  /** Of the snapshot: another run that did the same gets the same. Lower-case hex SHA-256. */
  key: string;
  /** From the beginning on. */
  journal: readonly PathEntry[];
}

/** Something the engine reports unasked. */
export type EngineEvent =
  | { kind: 'power'; state: PowerState; detail: string | null; at: GuestTime }
  | { kind: 'reset'; at: GuestTime }
  /** A snapshot was stored in passing (see `EngineContext.storeAt`). */
  | { kind: 'stored'; at: GuestTime }
  /**
   * A write to a disk failed on the host, and the guest was not told: the machine stands before it. Whatever would have
   * the guest run fails (see `stalled.ts`) until the input `resume`, which tries the write again.
   */
  | ({ kind: 'stalled'; at: GuestTime } & Stall)
  /** The engine itself failed: its process or worker died, or a wall-clock guard fired. */
  | { kind: 'failed'; error: Error };

/** How much of what a memoised machine did came from the store. */
export interface Memoised {
  /** Guest ms that an engine ran. */
  ran: GuestTime;
  /** How often an engine was started. */
  starts: number;
  /** What is wrong with the store. The run was not disturbed. */
  problems: readonly Error[];
}

/** A running machine as an engine gives it. Calls made at once are carried out in the order in which they were made. */
export interface EngineMachine extends AsyncDisposable {
  readonly capabilities: Capabilities;
  /** What runs the guest and why that, in one line, where there was a choice. */
  readonly description?: string;
  /** Of a machine that answers from the store what it can. */
  readonly memoised?: Memoised;
  /** Guest time as of the last answer. */
  readonly now: GuestTime;
  /** SHA-256 hex over all that a stored state depends on besides the inputs: engine build, driver, firmware, hardware, media. */
  readonly identity: string;
  input(input: Input): Promise<{ at: GuestTime }>;
  advance(request: AdvanceRequest): Promise<AdvanceResult>;
  observe<K extends Question['kind']>(question: Extract<Question, { kind: K }>): Promise<Answers[K]>;
  /**
   * Bit-exact engines: lets the guest run to the first point at which something of `stopOn` has changed since the last
   * call (`keyboard`: at which it has taken all its keys), to `limit` at the latest, and gives all that changed on the way.
   * With a limit that has passed it gives what changed by inputs. A machine is either traced or advanced, never both.
   */
  trace?(request: AdvanceRequest): Promise<Traced>;
  /** Takes a snapshot. Away from a canonical point this is itself an input. */
  save(): Promise<EngineSnapshot>;
  /**
   * Bit-exact engines: takes a snapshot here if that changes nothing for a machine whose next input comes at this very
   * instant. Null: it would.
   */
  saveBeforeInput?(): Promise<EngineSnapshot | null>;
  /** Starts another machine where a snapshot was taken, which stays as it is. Neither has to do with the other from then on. */
  fork?(id: string, context: ForkContext): Promise<EngineMachine>;
  /** Notes every write to a disk from now on, until `endWrites`. Never disturbs the guest. */
  beginWrites?(disk: number): Promise<void>;
  endWrites?(): Promise<DiskWrites>;
  /** Goes back to a snapshot of this machine, or to one that was imported. */
  restore(id: string): Promise<void>;
  forget(id: string): Promise<void>;
  /** Of a memoised machine: what led to a snapshot that it holds. */
  pathOf?(id: string): SnapshotPath;
  /** Writes a snapshot to a file (beside, then renamed). */
  exportSnapshot(id: string, file: string): Promise<void>;
  importSnapshot(file: string): Promise<EngineSnapshot>;
  onEvent(listener: (event: EngineEvent) => void): () => void;
  /**
   * Engines that hold in memory what the guest writes: writes it to the disks' files. Where that fails nothing is lost, and it
   * can be tried again. Changes nothing of the guest. @throws GuestwrightError `infrastructure/disk-full`
   */
  flush?(): Promise<void>;
  /** Ends the machine at once. Idempotent. */
  [Symbol.asyncDispose](): Promise<void>;
}

export interface Engine {
  readonly name: string;
  readonly capabilities: Capabilities;
  /** Says whether the engine can run here and, if not, what is missing and the command that installs it. */
  probe(): Promise<Probe>;
  /** Begins to look for what a start will need. Optional, and never fails: what is missing is said by `start`. */
  prepare?(platform: Platform): void;
  start(hardware: Hardware, context: EngineContext): Promise<EngineMachine>;
  /** Bit-exact engines. */
  readonly journal?: JournalFacts;
  /** Engines that run in a browser, too. */
  portable?(): Promise<PortableParts>;
  /** Runs what was recorded again, on the same hardware. Only engines whose machines can be `recorded`. */
  replay?(hardware: Hardware, context: ReplayContext): Promise<RunReplay>;
}

/** What a browser needs to go on from a state, besides the state and the media. */
export interface PortableParts {
  firmware: { bios: Uint8Array; vgaBios: Uint8Array };
  /** Names the engine's code, hex SHA-256: the browser's has to be the same. */
  build: string;
}

export const ARCHITECTURES = ['x86_64', 'i386', 'aarch64', 'riscv64'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

export const DISK_BUSES = ['ide', 'virtio', 'scsi', 'nvme'] as const;
export type DiskBus = (typeof DISK_BUSES)[number];

export const NETWORK_DEVICES = ['virtio', 'e1000', 'e1000e', 'rtl8139'] as const;
export type NetworkDevice = (typeof NETWORK_DEVICES)[number];

/** The computer that the devices are in. */
export interface Platform {
  architecture: Architecture;
  /** `none`: the machine starts a kernel by itself, with whatever its board has for that (riscv64: OpenSBI). */
  firmware: 'bios' | 'uefi' | 'none';
  /** UEFI that starts only what is signed, with Microsoft's certificates enrolled. */
  secureBoot: boolean;
  /** Number of processors. */
  smp: number;
}

/** The only computer that every engine has. */
export const PLAIN_PC: Platform = { architecture: 'x86_64', firmware: 'bios', secureBoot: false, smp: 1 };

/** One network card. */
export interface Network {
  device: NetworkDevice;
  /** `isolated`: the guest reaches nothing but what is set up here. `full`: whatever the host reaches. */
  access: 'isolated' | 'full';
  /** Ports on the host's loopback that lead to a port of the guest. */
  forward: readonly { protocol: 'tcp' | 'udp'; host: number; guest: number }[];
  /** Whether a server of the machine's own is on it: see `EngineContext.cables`. */
  http?: boolean | undefined;
  /** A folder that the guest can read over TFTP, and the file in it that a network boot (PXE) starts. */
  tftp: { folder: string; bootFile: string } | null;
}

/** What can be started from. */
export const BOOT_DEVICES = ['floppy', 'cdrom', 'disk', 'network'] as const;
export type BootDevice = (typeof BOOT_DEVICES)[number];

export interface Disk extends Medium {
  /** Default: `ide`. */
  bus?: DiskBus;
}

/** What a start of the machine may change. */
export interface RemovableMedia {
  /** One entry per drive; null is an empty drive. */
  floppies: readonly (Medium | null)[];
  /** `undefined`: no CD drive. */
  cdrom: Medium | null | undefined;
  bootOrder: readonly BootDevice[];
}

/** The machine's hardware: a spec with its files opened and its defaults filled in. Plain data. */
export interface Hardware extends RemovableMedia {
  memoryMb: number;
  videoMemoryMb: number;
  disks: readonly Disk[];
  /** Default: {@link PLAIN_PC}. */
  platform?: Platform;
  /** Default: no network card. */
  network?: Network | null;
  kernel: { kernel: WholeFile; initrd: WholeFile | null; commandLine: string } | null;
  serialPorts: number;
  /** QEMU, on a PC. Default: none. */
  parallelPorts?: number;
  /** QEMU: consoles on a virtio card. Default: none. */
  virtioConsoles?: number;
  /** QEMU: where ports lead besides to the driver. They change nothing of what the machine does. */
  outlets?: readonly PortOutlet[];
  acpi: boolean;
  /** Date of the guest's clock when the machine first starts, ms since the epoch (UTC). */
  rtc: number;
  seed: number;
  /** Millions of instructions in a guest second, on engines whose time comes from instructions. Absent: the engine's own. */
  mips?: number;
  clock: ClockKind;
  /** QEMU: a watchdog (Intel 6300ESB), which a guest may arm; when it fires the machine has crashed. Default: none. */
  watchdog?: boolean;
  /** QEMU, on a PC: a TPM 2.0. Default: none. */
  tpm?: boolean;
  /** QEMU: what runs the guest's instructions. `auto`, the default: the fastest that works here. */
  accelerator?: AcceleratorChoice;
  /** QEMU: everything that reaches the guest is logged, so that the run can be replayed exactly. */
  record?: boolean;
}

/**
 * Where the bytes of a port go besides to the driver: to a file, to whoever connects to a unix socket, or through a pair of
 * named pipes (`<path>.in` to the guest, `<path>.out` from it). Paths are absolute.
 */
export interface PortOutlet {
  device: PortDevice;
  port: number;
  to: { kind: 'file' | 'socket' | 'pipe'; path: string };
}

export const ACCELERATOR_CHOICES = ['auto', 'kvm', 'hvf', 'whpx', 'tcg'] as const;
export type AcceleratorChoice = (typeof ACCELERATOR_CHOICES)[number];

/** What is read whole when the machine starts. */
export type WholeFile = Pick<Medium, 'source' | 'digest'>;

export interface Medium {
  source: BlockSource;
  /** SHA-256 of the base's bytes: names it in journals and keys. */
  digest: string;
  /** `memory`: writes are kept by the engine. A file: they are kept there too, beside the base. Read-only for CDs. */
  overlay: { kind: 'memory' } | { kind: 'file'; path: string } | { kind: 'none' };
}

export interface EngineContext {
  /** Every file that the machine makes goes in here. */
  runDirectory: string;
  /** Carried in the environment of every process. */
  runId: string;
  /** Wall-clock guard for one `advance`, ms: firing is an infrastructure failure. */
  guardMs: number;
  /** Goes on from this exported snapshot rather than from power-on. */
  state?: string;
  /**
   * Stores a snapshot when the guest passes this instant for the first time. Bit-exact engines only, and only at one of
   * their canonical points (v86: whole guest seconds), where storing changes nothing.
   */
  storeAt?: { at: GuestTime; file: string };
  /**
   * QEMU: the guest's card and its network are not joined, but each connected to one of these unix sockets, where
   * somebody passes their frames on. Every process that has this machine connects anew.
   */
  cables?: { guest: string; outside: string };
  /** v86: bytes of heap reserved at the start (tests make it small so that the memory grows later). */
  heapReserve?: number;
  /** QEMU: the run is recorded (see `Hardware.record`). */
  recording?: RunRecording;
}

/** Where a recorded machine leaves its run. */
export interface RunRecording {
  /** Folder for the logs; it has to be there. */
  folder: string;
  /** Called when the machine has been disposed and all logs are whole. */
  done: (run: RecordedRun) => Promise<void>;
}

export interface ReplayContext extends Pick<EngineContext, 'runDirectory' | 'runId'> {
  /** Where the run's logs are. */
  folder: string;
  run: RecordedRun;
}
