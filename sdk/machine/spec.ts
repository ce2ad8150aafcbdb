/**
 * What a machine is made of, as its user writes it. Everything from outside is checked here, with messages that name the
 * field and say what would be right.
 */
import { z } from 'zod';
import { ACCELERATOR_CHOICES, BOOT_DEVICES, DISK_BUSES, type DiskBus } from '../engines/engine.js';
import { GuestwrightError } from '../errors.js';
import { LAYOUT_NAMES } from '../input/layouts/names.js';
import { platformOf, platformProblems, platformShape, type Problem } from './platform-spec.js';
import { outletProblems, outletsOf, portCount, portProblems, portShape, serialField } from './port-spec.js';

/** A file path, or a guest image of the catalogue by name and part: `grub-rescue:floppy`. */
const fileRef = z.string().min(1, 'give a file path, or a catalogue image such as "grub-rescue:floppy"');

const megabytes = z.number().int().min(4).max(1_048_576);
/** What the embedded engine can address. */
const V86_MEGABYTES = 2048;
const V86_DISK_MEGABYTES = 4096;

/** QEMU: how the disk is attached. Default: `ide` on a PC, `virtio` elsewhere. */
const bus = z.enum(DISK_BUSES).optional();

export const diskSchema = z.union([
  fileRef.transform((path): { path: string; bus?: DiskBus | undefined; overlay?: string | undefined } => ({ path })),
  z.strictObject({
    path: fileRef,
    bus,
    /** A file that keeps what the guest writes; without it writes are kept in memory until the machine is disposed. */
    overlay: z.string().min(1).optional(),
  }),
  z.strictObject({
    /** A blank disk of this size, MB. */
    sizeMb: z.number().int().min(1).max(8_388_608),
    bus,
    overlay: z.string().min(1).optional(),
  }),
]);

export const mediaShape = {
  /** First floppy drive: a file, or `null` for an empty drive. Without the field there is no drive. */
  floppy: fileRef.nullable().optional(),
  /** CD drive: likewise. */
  cdrom: fileRef.nullable().optional(),
  /** Devices to boot from, in this order; `network` with QEMU only. Default: floppy, CD, disk, those that are there. */
  boot: z.array(z.enum(BOOT_DEVICES)).min(1).max(BOOT_DEVICES.length).optional(),
};

const layoutName = z.enum(LAYOUT_NAMES);

/** One layout, or several that a chord of the guest goes through: the first is the one that it starts with. */
const layoutSchema = z.union(
  [layoutName, z.strictObject({ groups: z.array(layoutName).min(2).max(4), toggle: z.string().min(1) })],
  {
    error: `expected one of ${LAYOUT_NAMES.join(', ')}; or several, as { groups: ["us", "ru"], toggle: "Alt+Shift" }`,
  },
);

export const mediaSchema = z.strictObject(mediaShape);

const specObject = z.strictObject({
  engine: z.enum(['v86', 'qemu']).default('v86'),
  /** Main memory, MB. */
  memory: megabytes.default(64),
  /** Video memory, MB: 8 is enough for 1600x1200 at 32 bits. */
  videoMemory: z.number().int().min(1).max(64).default(8),
  ...mediaShape,
  ...platformShape,
  /** At most 2 on v86. */
  disks: z.array(diskSchema).max(16).default([]),
  /** Boots a Linux kernel directly. Without `commandLine` it gets the one that its image recommends. */
  kernel: z.strictObject({ path: fileRef, initrd: fileRef.optional(), commandLine: z.string().optional() }).optional(),
  /** Serial ports: how many; or, on QEMU, where each leads, as `['driver', { file: 'out.log' }]`. */
  serial: serialField,
  ...portShape,
  acpi: z.boolean().default(true),
  /** Date of the guest's clock at power-on (UTC). */
  date: z.iso.datetime().default('2026-01-01T00:00:00Z'),
  /** Seed of the guest-visible randomness of the hardware. */
  seed: z.number().int().min(0).max(0xffffffff).default(1),
  /**
   * v86: millions of instructions in a guest second, as if the processor were slower or faster. Default: 100. What a scenario
   * only passes because the guest was quick shows at half of it.
   */
  mips: z.number().int().min(10).max(1000).optional(),
  /**
   * v86: `stepped` (the default) or `paced`, held to wall time for people. QEMU: `host` (the default), which is to say
   * `free`: guest time is wall time; or `virtual`: the guest runs only while something waits for it, and its time is
   * counted in instructions.
   */
  clock: z.enum(['stepped', 'paced', 'free', 'host', 'virtual']).optional(),
  /** QEMU: what runs the guest's instructions. `auto` takes the fastest that works here; any other has to work. */
  accelerator: z.enum(ACCELERATOR_CHOICES).optional(),
  /** QEMU: the run is recorded, and can be replayed exactly (see `docs/recording.md`). */
  record: z.boolean().optional(),
  /** Keyboard layout that the guest is set to; `type()` uses it. */
  layout: layoutSchema.default('us'),
  /**
   * Fonts that the guest's screen is read with, before those that every screen is read with: names of the catalogue
   * (`guestwright fonts list`) or paths of `.font`, `.psf` and `.psf.gz` files.
   */
  fonts: z.array(z.string().min(1, 'give a name of `guestwright fonts list`, or a path')).max(32).default([]),
  /** Where `shell.run` finds a shell. */
  shell: z
    .strictObject({
      on: z.enum(['serial', 'console', 'screen']).default('serial'),
      port: z.number().int().min(0).max(7).default(0),
      /** What the shell's prompt looks like. */
      prompt: z.instanceof(RegExp).default(/[#$] $/),
      /** Answers a `login:` prompt that stands in place of a shell's. The password is in no report, error or journal. */
      login: z
        .strictObject({
          user: z.string().regex(/^[^\0\r\n]+$/, 'give a name of one line'),
          password: z
            .string()
            .regex(/^[^\0\r\n]*$/, 'give a password of one line')
            .optional(),
        })
        .optional(),
    })
    .prefault({}),
  /** How text is recognised where no exact reading covers it. */
  ocr: z
    .strictObject({
      /**
       * Tesseract's names (`eng`, `deu`, `chi_sim`), each from the package `@tesseract.js-data/<name>`. None: what no font
       * matches is not read.
       */
      languages: z
        .array(z.string().regex(/^[a-z_]{3,}$/i, 'give tesseract\'s name of a language, such as "eng" or "chi_sim"'))
        .default(['eng']),
    })
    .prefault({}),
  /** A file that `machine.saveState()` wrote: the machine starts as it was then. */
  state: z.string().min(1).optional(),
});

/** Fields that only one of the engines has, and their values where both have them. */
const ENGINES: Readonly<
  Record<'v86' | 'qemu', { clocks: Readonly<Record<string, SpecClock>>; only: readonly string[] }>
> = {
  v86: { clocks: { stepped: 'stepped', paced: 'paced' }, only: ['mips'] },
  qemu: {
    clocks: { host: 'free', free: 'free', virtual: 'virtual' },
    only: ['accelerator', ...Object.keys(platformShape), ...Object.keys(portShape)],
  },
};

type SpecClock = 'stepped' | 'paced' | 'free' | 'virtual';

export const specSchema = specObject.transform((spec, context) => {
  const { engine, clock } = spec;
  const { clocks } = ENGINES[engine];
  const [first = 'stepped'] = Object.keys(clocks);
  const kind = clocks[clock ?? first];
  if (kind === undefined) {
    const message = `the engine ${engine} has the clocks ${Object.keys(clocks).join(', ')}`;
    context.issues.push({ code: 'custom', path: ['clock'], message, input: clock });
    return z.NEVER;
  }
  for (const [other, { only }] of Object.entries(ENGINES)) {
    for (const field of only) {
      if (other === engine || (spec as Record<string, unknown>)[field] === undefined) continue;
      const message = `only the engine ${other} has this field`;
      context.issues.push({ code: 'custom', path: [field], message, input: spec });
    }
  }
  for (const { field, message } of engine === 'v86'
    ? v86Problems(spec)
    : [...platformProblems(spec), ...portProblems(spec), ...clockProblems(spec), ...recordProblems(spec)]) {
    context.issues.push({ code: 'custom', path: [field], message, input: spec });
  }
  return { ...spec, clock: kind };
});

function v86Problems(spec: z.output<typeof specObject>): Problem[] {
  const { memory, disks, boot = [], record } = spec;
  const large = disks.some((disk) => 'sizeMb' in disk && disk.sizeMb > V86_DISK_MEGABYTES);
  return [
    ...(memory > V86_MEGABYTES ? [{ field: 'memory', message: `v86 has at most ${V86_MEGABYTES} MB` }] : []),
    ...(disks.length > 2 ? [{ field: 'disks', message: 'v86 has at most 2 disks' }] : []),
    ...(large ? [{ field: 'disks', message: `a blank disk on v86 has at most ${V86_DISK_MEGABYTES} MB` }] : []),
    ...(disks.some(({ bus }) => bus !== undefined && bus !== 'ide')
      ? [{ field: 'disks', message: 'disks on v86 are IDE disks' }]
      : []),
    ...outletProblems(spec),
    ...(record === true
      ? [{ field: 'record', message: 'v86 is bit-exact: the same inputs give the same run, with no recording' }]
      : []),
    ...(boot.includes('network') ? [{ field: 'boot', message: 'v86 does not start from the network' }] : []),
  ];
}

/** Where QEMU's instructions cannot be counted, or its clock cannot be read. */
function clockProblems({ clock, accelerator, architecture, acpi, tpm }: z.output<typeof specObject>): Problem[] {
  if (clock !== 'virtual') return [];
  const pc = architecture === undefined || architecture === 'x86_64' || architecture === 'i386';
  const counts = accelerator === undefined || accelerator === 'auto' || accelerator === 'tcg';
  return [
    ...(counts
      ? []
      : [{ field: 'accelerator', message: 'the virtual clock counts instructions, which only tcg does' }]),
    ...(pc ? [] : [{ field: 'clock', message: 'only a PC has the timer by which the virtual clock is read' }]),
    ...(tpm === true
      ? [{ field: 'tpm', message: 'a TPM answers in wall time, for which the virtual clock does not wait' }]
      : []),
    ...(acpi ? [] : [{ field: 'acpi', message: 'the virtual clock is read from the ACPI timer' }]),
  ];
}

/** What QEMU cannot record, or what nobody has seen replayed. */
function recordProblems(spec: z.output<typeof specObject>): Problem[] {
  const { record, clock, accelerator, disks, state, network, tpm } = spec;
  if (record !== true) return [];
  const { architecture, firmware, smp } = platformOf(spec);
  const translates = accelerator === undefined || accelerator === 'auto' || accelerator === 'tcg';
  const pc = architecture === 'x86_64' || architecture === 'i386';
  const http = typeof network === 'object' && network.http === true;
  const says = (field: string, wrong: boolean, message: string): Problem[] => (wrong ? [{ field, message }] : []);
  return [
    ...says('accelerator', !translates, 'a run is recorded by its instructions, which only tcg counts'),
    ...says('smp', smp > 1, 'a machine that is recorded has one processor'),
    ...says(
      'clock',
      clock === 'virtual',
      'a machine that is recorded has the clock host: QEMU logs no input on the other',
    ),
    ...says('architecture', !pc, 'only a PC (x86_64, i386) can be recorded'),
    ...says('firmware', pc && firmware !== 'bios', 'only a PC with a BIOS can be recorded'),
    ...says(
      'disks',
      disks.some((disk) => 'overlay' in disk && disk.overlay !== undefined),
      'a machine that is recorded begins with its images as they are: leave the overlay out',
    ),
    ...says('state', state !== undefined, 'a recording begins where the machine is switched on'),
    ...says('network', http, 'a machine that is recorded has no machine.http'),
    ...says('parallel', portCount(spec, 'parallel') > 0, 'of all ports QEMU records only serial ports'),
    ...says('virtioConsoles', portCount(spec, 'console') > 0, 'of all ports QEMU records only serial ports'),
    ...says('serial', outletsOf(spec).length > 0, 'the ports of a machine that is recorded lead to the driver only'),
    ...says('tpm', tpm === true, 'what a TPM answers is not recorded'),
  ];
}

export type MachineSpec = z.output<typeof specSchema>;
/** What a user writes: every field optional. */
export type MachineSpecInput = z.input<typeof specSchema>;
export type Media = z.input<typeof mediaSchema>;
export type ParsedMedia = z.output<typeof mediaSchema>;

/** Checks a spec. @throws GuestwrightError `usage/spec-invalid` naming every wrong field */
export function parseSpec(input: unknown): MachineSpec {
  return parse(specSchema, input, 'The machine spec is not valid');
}

export function parseMedia(input: unknown): ParsedMedia {
  return parse(mediaSchema, input, 'The media are not valid');
}

function parse<S extends z.ZodType>(schema: S, input: unknown, summary: string): z.output<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw new GuestwrightError(summary, {
    kind: 'usage',
    code: 'spec-invalid',
    seen: result.error.issues.map((issue) => wordIssue(issue, input)).join('\n'),
    next: `the fields are: ${Object.keys(specObject.shape).join(', ')}`,
  });
}

/** `memory: expected number, received string (got "64")`. */
function wordIssue(issue: z.core.$ZodIssue, input: unknown): string {
  const field = issue.path.map(String).join('.') || '(the whole spec)';
  const value = issue.path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined),
    input,
  );
  // Also where the password is under a name that the schema does not know.
  const secret = issue.path.includes('login');
  const got = value === undefined || secret ? '' : ` (got ${JSON.stringify(value, withoutLogins)})`;
  return `${field}: ${issue.message}${got}`;
}

function withoutLogins(key: string, value: unknown): unknown {
  return key === 'login' ? '***' : value;
}
