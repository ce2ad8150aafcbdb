/**
 * A run of a machine in one file: what it showed and what was done to it, and the machine itself at the end, to go on from in a
 * browser. A zip of `run.json` (this), `state`, `bios`, `vgabios`, `media/<digest>` and `screens/<digest>.png`.
 *
 * Untrusted input when it is read: nothing in it names a path outside of it. No Node here: the page reads it too.
 */
import { z } from 'zod';
import { runAgain } from './again.js';

const digest = z.string().regex(/^[0-9a-f]{64}$/, 'a lower-case hex SHA-256');
const time = z.number().nonnegative();
const size = z.int().nonnegative();

/** Its bytes are in `media/<digest>`, unless it is blank: all zeros. */
const medium = z.strictObject({ digest, size, blank: z.boolean() });
const drive = medium.nullable();

const hardware = z.strictObject({
  memoryMb: z.int().positive(),
  videoMemoryMb: z.int().positive(),
  disks: z.array(medium),
  floppies: z.array(drive),
  /** Undefined: no CD drive. */
  cdrom: drive.optional(),
  bootOrder: z.array(z.enum(['floppy', 'cdrom', 'disk', 'network'])),
  kernel: z.strictObject({ kernel: medium, initrd: drive, commandLine: z.string() }).nullable(),
  serialPorts: z.int().min(0).max(4),
  acpi: z.boolean(),
  /** Ms since the epoch. */
  rtc: z.number(),
  seed: z.number(),
  mips: z.number().positive().optional(),
});

const look = z.strictObject({
  /** Guest ms. */
  at: time,
  /** Picture, `screens/<digest>.png`. */
  screen: digest,
  /** Rows of a text screen. */
  text: z.array(z.string()).nullable(),
});

/** Pictures, `screens/<digest>.png`; null: there is none, a golden that was missing for example. */
const golden = z.strictObject({
  name: z.string(),
  expected: digest.nullable(),
  actual: digest.nullable(),
  diff: digest.nullable(),
});

const step = z.strictObject({ title: z.string(), from: time, at: time, error: z.string().nullable() });
const input = z.strictObject({ at: time, words: z.string() });

export const runFile = z.strictObject({
  version: z.literal(2),
  /** Of Guestwright. */
  made: z.string(),
  test: z.strictObject({ title: z.string(), error: z.string().nullable() }),
  machine: z.string(),
  engine: z.string(),
  /** Guest ms of its end. */
  end: time,
  steps: z.array(step),
  inputs: z.array(input),
  /** The same as data, from power-on; null: the machine did not begin there. */
  again: runAgain.nullable(),
  /** In their order. */
  looks: z.array(look),
  /** Those that the screen did not match. */
  goldens: z.array(golden),
  /** What the first serial port has said. */
  serial: z.string(),
  /** How it goes on; null: it cannot, `why` says so. */
  resume: z
    .strictObject({
      /** See `EngineMachine.identity`. */
      identity: z.string(),
      /** See `PortableParts.build`. */
      build: z.string(),
      hardware,
      /** Media by the path that the state knows them by. */
      paths: z.record(z.string(), digest),
    })
    .nullable(),
  why: z.string().nullable(),
});

export type RunFile = z.infer<typeof runFile>;
export type RunLook = z.infer<typeof look>;
export type RunGolden = z.infer<typeof golden>;
export type RunStep = z.infer<typeof step>;
export type RunMedium = z.infer<typeof medium>;
export type RunHardware = z.infer<typeof hardware>;

/** Of the attachment in a report, and by it the file is known. */
export const RUN_TYPE = 'application/vnd.guestwright.run+zip';
export const RUN_ENDING = '.guestwright.zip';
