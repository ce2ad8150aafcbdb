/** One run of the exactness test, in a realm of its own. Jobs come in by `workerData`, hashes go out as a message. */
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { BlockSource, Blocks } from '../../blocks.js';
import type { Hardware, StateHash, WholeFile } from '../../engine.js';
import { diskWith, counting } from '../../conformance/boot-sector.js';
import { hardware, medium } from '../../conformance/suite.js';
import { CANONICAL_MS, SAMPLE_MS, V86Machine, type CoreSnapshot } from './machine.js';
import { hashState } from './state-hash.js';
import type { V86Constructor } from './v86-internals.js';
import { ScreenWatch, readScreen } from './vga.js';

export type Job =
  /** Alters one bit of each part of the state. */
  | { kind: 'bits' }
  /** Runs a guest to `until` guest ms in one of the ways that must not matter. */
  | { kind: 'run'; how: How; guest: Guest; until: number; heapReserve: number };

/** Paths of what it boots from. */
export type Guest = { floppy: string } | { kernel: string; initrd: string; commandLine: string };

export type How = 'straight' | 'watched' | 'snapshots stored' | 'restored in place' | 'restored in a fresh instance';

export interface JobInput {
  job: Job;
  firmware: { bios: string; vgaBios: string };
}

export interface Outcome {
  hashes: Record<string, StateHash>;
  /** Bytes by which v86's memory grew between the snapshot and the moment of going back. */
  grown: number;
}

const { job, firmware } = workerData as JobInput;
const main = createRequire(import.meta.url).resolve('v86');

async function build(parts: Hardware, heapReserve?: number): Promise<V86Machine> {
  return V86Machine.build({
    hardware: parts,
    firmware: {
      bios: new Uint8Array(readFileSync(firmware.bios)),
      vgaBios: new Uint8Array(readFileSync(firmware.vgaBios)),
    },
    wasmModule: new WebAssembly.Module(readFileSync(path.join(path.dirname(main), 'v86.wasm'))),
    loadV86: async () => ((await import('v86')) as unknown as { V86: V86Constructor }).V86,
    openBlocks,
    startTime: 0,
    ...(heapReserve === undefined ? {} : { heapReserve }),
  });
}

function openBlocks(source: BlockSource): Blocks {
  const bytes =
    source.kind === 'bytes'
      ? source.bytes
      : source.kind === 'file'
        ? new Uint8Array(readFileSync(source.path))
        : new Uint8Array(source.size);
  const refuse = (): never => {
    throw new Error('a base is never written');
  };
  return { size: bytes.length, read: (at, length) => bytes.slice(at, at + length), write: refuse, flush: refuse };
}

function runTo(machine: V86Machine, until: number, each: () => void = () => undefined): void {
  while (machine.time < until) {
    machine.quantum();
    each();
  }
}

async function alterBits(): Promise<Outcome> {
  const machine = await build(hardware(counting(), { disks: [medium(diskWith(counting()))] }));
  runTo(machine, 300);
  const all = (): Uint8Array => new Uint8Array(machine.memory.buffer);
  const guest = machine.guestMemory;
  const flip = (at: number): (() => void) => {
    return () => {
      all()[at] = (all()[at] ?? 0) ^ 1;
    };
  };
  const disk = machine.disks.get('disk0');
  const alterations: Record<string, () => void> = {
    memory: flip(guest.byteOffset + guest.length - 1),
    cpu: flip(64),
    engine: flip(all().length - 1),
    devices: () => {
      (machine.vga as { max_scan_line: number }).max_scan_line ^= 1;
    },
    disks: () => disk?.write(4096, Uint8Array.of(1)),
    clock: () => machine.clock.state.reads++,
    random: () => {
      machine.random.state ^= 1;
    },
  };
  const hashes: Record<string, StateHash> = { before: await hashState(machine) };
  for (const [part, alter] of Object.entries(alterations)) {
    alter();
    hashes[part] = await hashState(machine);
    // Flipping is its own inverse but for the clock, the disk; those stay.
    if (part !== 'clock' && part !== 'disks') alter();
  }
  return { hashes, grown: 0 };
}

function hardwareFor(guest: Guest): Hardware {
  if ('kernel' in guest) {
    const whole = (path: string): WholeFile => ({
      source: { kind: 'file', path, size: statSync(path).size },
      digest: path,
    });
    const kernel = { kernel: whole(guest.kernel), initrd: whole(guest.initrd), commandLine: guest.commandLine };
    return hardware(null, { kernel, memoryMb: 128 });
  }
  const source = { kind: 'file' as const, path: guest.floppy, size: statSync(guest.floppy).size };
  return hardware(null, { floppies: [{ source, digest: 'floppy', overlay: { kind: 'memory' } }], memoryMb: 64 });
}

async function run({ how, guest, until, heapReserve }: Extract<Job, { kind: 'run' }>): Promise<Outcome> {
  const parts = hardwareFor(guest);
  let machine = await build(parts, heapReserve);
  let grown = 0;
  const half = Math.floor(until / 2 / CANONICAL_MS) * CANONICAL_MS;
  if (how === 'watched') {
    const watch = new ScreenWatch();
    runTo(machine, until, () => {
      if (machine.time % SAMPLE_MS === 0 && watch.changed(machine.vga, machine.videoMemory)) {
        readScreen(machine.vga, machine.videoMemory);
      }
    });
  } else if (how === 'snapshots stored') {
    const stored: CoreSnapshot[] = [];
    runTo(machine, until, () => {
      if (machine.isCanonical) stored.push(machine.snapshot());
      if (stored.length > 2) stored.shift();
    });
  } else if (how === 'straight') {
    runTo(machine, until);
  } else {
    runTo(machine, half);
    const snapshot = machine.snapshot();
    runTo(machine, until - CANONICAL_MS / 2);
    grown = machine.memory.buffer.byteLength - snapshot.memory.length;
    if (how === 'restored in a fresh instance' || machine.restore(snapshot) === 'needs-fresh-instance') {
      machine = await build(parts, heapReserve);
      if (machine.restore(snapshot) !== 'restored') throw new Error('a fresh instance could not be restored');
    }
    runTo(machine, until);
  }
  return { hashes: { end: await hashState(machine) }, grown };
}

const outcome = await (job.kind === 'bits' ? alterBits() : run(job));
parentPort?.postMessage(outcome);
