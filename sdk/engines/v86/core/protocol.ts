/** What crosses between a machine's owner and its worker: plain data only. */
import type {
  AdvanceRequest,
  AdvanceResult,
  Answers,
  DiskBlocks,
  DiskWrites,
  EngineSnapshot,
  GuestTime,
  Hardware,
  Input,
  PowerState,
  Question,
  Traced,
} from '../../engine.js';
import type { Failure } from '../../../errors.js';
import type { CoreSnapshot, Fault } from './machine.js';

export interface StartArguments {
  hardware: Hardware;
  firmware: { bios: Uint8Array; vgaBios: Uint8Array };
  wasmModule: WebAssembly.Module;
  /** Hex SHA-256 that a stored state has to carry. */
  identity: string;
  fault: Fault | null;
  heapReserve?: number;
  /** File of an exported snapshot to go on from. */
  state?: string;
  /** A canonical point at which a snapshot is stored in passing. */
  storeAt?: { at: GuestTime; file: string };
}

/** Requests and what answers them. */
export interface Calls {
  start: { in: StartArguments; out: Status };
  input: { in: Input; out: { at: GuestTime } };
  advance: { in: AdvanceRequest; out: AdvanceResult };
  trace: { in: AdvanceRequest; out: Traced };
  observe: { in: Question; out: Answers[Question['kind']] };
  save: { in: null; out: EngineSnapshot };
  saveBeforeInput: { in: null; out: EngineSnapshot | null };
  /** A snapshot for another worker: its large parts are shared memory, which nobody writes to. */
  share: { in: string; out: CoreSnapshot };
  /** Goes on from another worker's snapshot, with other content on some disks. */
  adopt: { in: { snapshot: CoreSnapshot; disks: ReadonlyMap<number, DiskBlocks> }; out: null };
  beginWrites: { in: number; out: null };
  endWrites: { in: null; out: DiskWrites };
  restore: { in: string; out: null };
  forget: { in: string; out: null };
  export: { in: { id: string; file: string }; out: null };
  import: { in: string; out: EngineSnapshot };
  /** Writes overlays that are kept in files. */
  flush: { in: null; out: null };
}

export interface Status {
  now: GuestTime;
  power: PowerState;
}

export type CallName = keyof Calls;

export interface Request<N extends CallName = CallName> {
  id: number;
  name: N;
  argument: Calls[N]['in'];
}

export type ToOwner =
  | { kind: 'answer'; id: number; status: Status; value: unknown }
  | { kind: 'error'; id: number; status: Status; error: WorkerError }
  | { kind: 'power'; state: PowerState; detail: string | null; at: GuestTime }
  | { kind: 'reset'; at: GuestTime }
  | { kind: 'stored'; at: GuestTime };

export interface WorkerError {
  message: string;
  stack: string | undefined;
  /** Of a `GuestwrightError`; anything else is a failure of the engine itself. */
  failure: Failure | null;
}
