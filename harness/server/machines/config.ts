/** A machine's configuration: `machine.json` in its folder, written for people to read and change while it is off. */
import { z } from 'zod';
import { GuestwrightError } from '../../../sdk/errors.js';
import { parseSpec } from '../../../sdk/machine/spec.js';

/** Of the file's format. A later one that this release does not know is refused, not guessed at. */
export const CONFIG_VERSION = 1;

/** A machine's name is its folder's and a part of addresses: what file systems, shells and URLs leave alone. */
export const machineName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
    'up to 63 letters, digits, dots, dashes or underscores, a letter or digit first',
  );

export const AUTOSTART = ['never', 'as-before', 'always'] as const;
/** `shutdown`: the guest is asked, and one that has not powered off after two minutes is saved. */
export const ON_QUIT = ['save', 'shutdown', 'power-off', 'go-on'] as const;

/** What becomes at power-off of what a machine has written to its undo disks. */
export const UNDO = ['keep', 'commit', 'discard'] as const;
export type UndoPolicy = (typeof UNDO)[number];

/** How much of the host's processors a machine gets. */
const cpuSettings = z.strictObject({
  /** Beside other machines that have one, when there is not enough for all. */
  weight: z.int().min(1).max(10_000).default(100),
  /** Percent of all of the host's processors that it never gets more of. */
  cap: z.number().min(1).max(100).nullable().default(null),
  /** Percent of all of the host's processors; no machine starts that would make these more than 100. */
  reservation: z.number().min(0).max(100).default(0),
});
export type CpuSettings = z.output<typeof cpuSettings>;

/** Where the guest's agent is asked whether it is alive. */
const heartbeat = z.strictObject({
  /** A serial port that nothing else uses. */
  port: z.int().min(0).max(3),
  /** Guest seconds between two questions. */
  every: z.number().min(1).max(3600).default(10),
  /** Intervals without an answer after which it has stopped. */
  missed: z.int().min(1).max(100).default(3),
});
export type HeartbeatSettings = z.output<typeof heartbeat>;

/** Fields that can be changed later. */
export const settingsShape = {
  /** For people. */
  notes: z.string().max(10_000).default(''),
  /** When the daemon starts: `as-before` starts it if it ran when the daemon ended. */
  autostart: z.enum(AUTOSTART).default('never'),
  /** What becomes of it when the daemon is told to quit. A daemon that is killed leaves it running, whatever stands here. */
  onQuit: z.enum(ON_QUIT).default('save'),
  /** Minutes without keys or clicks after which whoever has control of it loses that; 0: never. */
  controlIdleMinutes: z.int().min(0).max(10_080).default(15),
  /** Minutes without keys or clicks after which who looks at it through VNC or the page is let go; 0: never. */
  viewerIdleMinutes: z.int().min(0).max(10_080).default(0),
  /** Wall seconds that the daemon waits before it starts this one, after the one before it by name. */
  autostartDelay: z.number().min(0).max(3600).default(0),
  /** Null: as any process of the daemon's. */
  cpu: cpuSettings.nullable().default(null),
  /** Undo disks; null: what it writes is on its disks at once, for good. */
  undo: z.enum(UNDO).nullable().default(null),
  /** Null: it has no agent, or nobody asks it. */
  heartbeat: heartbeat.nullable().default(null),
};

export const settingsSchema = z.strictObject(settingsShape);
export type Settings = z.output<typeof settingsSchema>;

/** Relative paths in it are relative to the machine's folder; other strings are paths or images as everywhere. */
const spec = z.record(z.string(), z.unknown());

export const configSchema = z.strictObject({
  version: z.literal(CONFIG_VERSION, { error: `this release knows version ${CONFIG_VERSION}` }),
  /** Stays when it is renamed. A copied folder that is registered gets another. */
  id: z.uuid(),
  name: machineName,
  created: z.iso.datetime(),
  spec,
  /** Made for one scenario, of another machine, and removed with it. */
  scratch: z.strictObject({ of: machineName, title: z.string().max(200) }).optional(),
  ...settingsShape,
});
export type MachineConfig = z.output<typeof configSchema>;

/** @throws GuestwrightError `usage/machine-config-invalid`, naming each wrong field; `usage/spec-invalid` */
export function parseConfig(text: string, file: string): MachineConfig {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw configInvalid(file, error instanceof Error ? error.message : String(error));
  }
  const read = configSchema.safeParse(value);
  if (!read.success) {
    throw configInvalid(file, read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'));
  }
  parseSpec(read.data.spec);
  return read.data;
}

export function encodeConfig(config: MachineConfig): string {
  return `${JSON.stringify(config, null, 2)}\n`;
}

function configInvalid(file: string, seen: string): GuestwrightError {
  return new GuestwrightError(`The configuration ${file} cannot be used`, {
    kind: 'usage',
    code: 'machine-config-invalid',
    expected: `the configuration of a machine, version ${CONFIG_VERSION}`,
    seen,
    next: 'correct the file; nothing of the machine was changed',
  });
}
