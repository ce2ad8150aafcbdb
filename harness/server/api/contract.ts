/**
 * Every call of a host's API: its method and path, what it takes and gives, and the right that it needs. The server, its
 * description (OpenAPI) and the client are made of it.
 */
import { z } from 'zod';
import { configSchema, machineName, settingsShape } from '../machines/config.js';
import { snapshotSchema } from '../machines/snapshots.js';
import { HEARTBEATS, MACHINE_STATES, statusSchema } from '../machines/status.js';
import { eventQuery, hostEventSchema } from '../host/events.js';
import { handling, mediumChange } from '../process/protocol.js';
import { thumbnailQuery, thumbnailSchema } from '../process/thumbnails.js';
import { ACCESS_CONTRACTS } from './access-contract.js';
import { controlContracts } from './control-contract.js';
import { contract, type Contract } from './contract-shape.js';
import type { Right } from './rights.js';

export type { Contract } from './contract-shape.js';

const machine = z.strictObject({ name: machineName });
const snapshotOf = z.strictObject({ name: machineName, snapshot: z.string().min(1).max(200) });
const nothing = z.null();

const failure = z.object({ kind: z.string(), code: z.string(), message: z.string() });

export const taskSchema = z.object({
  id: z.uuid(),
  kind: z.string(),
  machine: z.string().nullable(),
  by: z.string().nullable(),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  progress: z.number().min(0).max(1).nullable(),
  step: z.string().nullable(),
  started: z.iso.datetime(),
  ended: z.iso.datetime().nullable(),
  failure: failure.nullable(),
});

const summary = z.object({
  name: machineName,
  id: z.uuid(),
  state: z.enum(MACHINE_STATES),
  since: z.iso.datetime(),
  engine: z.enum(['v86', 'qemu']),
  detail: z.string().nullable(),
  /** Whether the guest's agent answers; `none`: it never did since the guest started, or nobody asks. */
  heartbeat: z.enum(HEARTBEATS),
});

const details = summary.extend({
  folder: z.string(),
  config: configSchema,
  status: statusSchema,
  snapshots: z.array(snapshotSchema),
  /** What was written to its undo disks is to be decided on. */
  hasChanges: z.boolean(),
});

const imageSchema = z.object({
  name: z.string(),
  description: z.string(),
  /** `name:part` is a medium. */
  parts: z.array(z.string()),
  /** What a machine for it has to have. */
  machine: z.record(z.string(), z.union([z.string(), z.number()])),
  /** Whether it is there; else it is built when a machine wants it, which takes a while. */
  cached: z.boolean(),
  /** Bytes. */
  size: z.number().nullable(),
});

const spec = z.record(z.string(), z.unknown());
const settings = z.strictObject({
  notes: settingsShape.notes.unwrap(),
  autostart: settingsShape.autostart.unwrap(),
  onQuit: settingsShape.onQuit.unwrap(),
  controlIdleMinutes: settingsShape.controlIdleMinutes.unwrap(),
  viewerIdleMinutes: settingsShape.viewerIdleMinutes.unwrap(),
  autostartDelay: settingsShape.autostartDelay.unwrap(),
  undo: settingsShape.undo.unwrap(),
  cpu: settingsShape.cpu.unwrap(),
  heartbeat: settingsShape.heartbeat.unwrap(),
});

const bytes = z.number().min(0);
const hostStatus = z.object({
  name: z.string(),
  /** Of Guestwright. */
  version: z.string(),
  cpus: z.number(),
  load: z.number(),
  memory: z.object({ total: bytes, free: bytes, budget: bytes, reserved: bytes }),
  disk: z.object({ total: bytes, free: bytes }),
  machines: z.object({ running: z.number(), total: z.number() }),
  /** Of those that the caller may read. */
  uses: z.array(
    z.object({
      name: machineName,
      isRunning: z.boolean(),
      cpu: z.number().min(0).max(1).nullable(),
      residentBytes: bytes.nullable(),
      reservedBytes: bytes.nullable(),
      cpuControl: z.enum(['cgroup', 'niceness']).nullable(),
    }),
  ),
});

const onMachine = <R extends z.ZodType>(path: string, about: string, right: Right, result: R) => ({
  method: 'POST' as const,
  path: `/machines/:name/${path}`,
  summary: about,
  right,
  params: machine,
  result,
});

export const CONTRACTS = {
  describeHost: contract({
    method: 'GET',
    path: '/host',
    summary: 'How the host is, and what each machine takes of it that the caller may read',
    right: 'read',
    result: hostStatus,
  }),
  listMachines: contract({
    method: 'GET',
    path: '/machines',
    summary: 'Machines that the caller may read',
    right: 'read',
    isCut: true,
    result: z.array(summary),
  }),
  createMachine: contract({
    method: 'POST',
    path: '/machines',
    summary: 'Create a machine',
    right: 'write',
    body: z.strictObject({ name: machineName, spec, settings: settings.partial().default({}) }),
    result: nothing,
  }),
  registerMachine: contract({
    method: 'POST',
    path: '/machines/register',
    summary: 'Take over a machine whose folder lies elsewhere on the host',
    right: 'write',
    body: z.strictObject({ folder: z.string().min(1) }),
    result: z.object({ name: machineName }),
  }),
  describeMachine: contract({
    method: 'GET',
    path: '/machines/:name',
    summary: 'A machine: its configuration, status and snapshots',
    right: 'read',
    params: machine,
    result: details,
  }),
  configureMachine: contract({
    method: 'PATCH',
    path: '/machines/:name',
    summary: 'Change settings, or the hardware of a machine that is off',
    right: 'write',
    params: machine,
    body: settings.partial().extend({ spec: spec.optional() }),
    result: nothing,
  }),
  wouldRemove: contract({
    method: 'GET',
    path: '/machines/:name/files',
    summary: 'Files that deleting the machine would remove, with their sizes in bytes',
    right: 'read',
    params: machine,
    result: z.array(z.object({ path: z.string(), bytes: z.number() })),
  }),
  deleteMachine: contract({
    method: 'DELETE',
    path: '/machines/:name',
    summary: 'Delete a machine with its disks and snapshots',
    right: 'delete',
    params: machine,
    result: nothing,
  }),
  unregisterMachine: onMachine('unregister', 'Forget a registered machine; its folder stays', 'delete', nothing),
  renameMachine: contract({
    method: 'POST',
    path: '/machines/:name/rename',
    summary: 'Rename a machine that is off',
    right: 'write',
    params: machine,
    body: z.strictObject({ to: machineName }),
    result: nothing,
  }),
  cloneMachine: contract({
    method: 'POST',
    path: '/machines/:name/clone',
    summary:
      'Copy a machine that is off, with its disks and snapshots; or make one that is saved where a snapshot was taken',
    right: 'write',
    params: machine,
    body: z.strictObject({
      to: machineName,
      snapshot: z.string().min(1).max(200).optional(),
      /** Nothing of the disks is copied: the two share what is on them now. */
      linked: z.boolean().default(false),
    }),
    result: taskSchema,
  }),
  commitChanges: onMachine('commit-changes', 'Keep what was written to its undo disks', 'write', taskSchema),
  discardChanges: onMachine('discard-changes', 'Throw away what was written to its undo disks', 'write', nothing),
  startMachine: onMachine('start', 'Switch it on, or go on where it was saved', 'execute', taskSchema),
  saveMachine: onMachine('save', 'Save its state, and end it', 'execute', taskSchema),
  shutdownMachine: contract({
    method: 'POST',
    path: '/machines/:name/shutdown',
    summary: 'Ask its guest to shut down (the power button); one that has not after `limit` seconds runs on',
    right: 'execute',
    params: machine,
    body: z.strictObject({ limit: z.number().min(1).max(3600).default(120) }).default({ limit: 120 }),
    result: taskSchema,
  }),
  powerOffMachine: onMachine('power-off', 'Pull the plug', 'execute', taskSchema),
  discardState: onMachine('discard-state', 'Throw its saved state away', 'write', nothing),
  pauseMachine: onMachine('pause', "Stop the guest's time", 'execute', nothing),
  resumeMachine: onMachine('resume', "Let the guest's time go on", 'execute', nothing),
  resetMachine: onMachine('reset', 'The reset button', 'execute', nothing),
  takeSnapshot: contract({
    method: 'POST',
    path: '/machines/:name/snapshots',
    summary: 'Take a snapshot of a machine that runs',
    right: 'write',
    params: machine,
    body: z.strictObject({ name: snapshotSchema.shape.name }),
    result: taskSchema,
  }),
  revertToSnapshot: contract({
    method: 'POST',
    path: '/machines/:name/snapshots/:snapshot/revert',
    summary: 'Go back to a snapshot, by its id or its name',
    right: 'write',
    params: snapshotOf,
    result: taskSchema,
  }),
  removeSnapshot: contract({
    method: 'DELETE',
    path: '/machines/:name/snapshots/:snapshot',
    summary: 'Remove a snapshot; those after it are those of the one before then',
    right: 'delete',
    params: snapshotOf,
    result: nothing,
  }),
  snapshotPicture: contract({
    method: 'GET',
    path: '/machines/:name/snapshots/:snapshot/picture',
    summary: 'The screen when a snapshot was taken: a PNG file in base64',
    right: 'read',
    params: snapshotOf,
    result: z.object({ png: z.string() }),
  }),
  thumbnail: contract({
    method: 'GET',
    path: '/machines/:name/thumbnail',
    summary: 'Its screen, small, unless it looks as the caller has seen it',
    right: 'read',
    params: machine,
    query: thumbnailQuery,
    result: thumbnailSchema,
  }),
  look: contract({
    method: 'GET',
    path: '/machines/:name/screen',
    summary: 'Its screen: a PNG file in base64, and the rows of a text screen',
    right: 'read',
    params: machine,
    result: z.object({
      png: z.string(),
      width: z.number(),
      height: z.number(),
      rows: z.array(z.string()).nullable(),
      time: z.number(),
    }),
  }),
  changeMedium: contract({
    method: 'POST',
    path: '/machines/:name/medium',
    summary: 'Put a medium into a drive of a machine that runs, or take it out',
    right: 'write',
    params: machine,
    body: mediumChange,
    result: nothing,
  }),
  handle: contract({
    method: 'POST',
    path: '/machines/:name/input',
    summary: 'Type, press a chord, click; while somebody else has control only with `force`',
    right: 'execute',
    params: machine,
    query: z.strictObject({ force: z.stringbool().default(false) }),
    body: handling,
    result: nothing,
  }),
  ...controlContracts,
  listTasks: contract({
    method: 'GET',
    path: '/tasks',
    summary: 'Tasks that run, and the last that ended, of machines that the caller may read',
    right: 'read',
    isCut: true,
    result: z.array(taskSchema),
  }),
  describeTask: contract({
    method: 'GET',
    path: '/tasks/:task',
    summary: 'A task; with `wait`, when it has ended or so many seconds have passed',
    right: 'read',
    isCut: true,
    params: z.strictObject({ task: z.uuid() }),
    query: z.strictObject({ wait: z.coerce.number().int().min(0).max(60).default(0) }),
    result: taskSchema,
  }),
  cancelTask: contract({
    method: 'POST',
    path: '/tasks/:task/cancel',
    summary: 'Give up a task that can be; it has left nothing half done when its state says so',
    right: 'execute',
    onMachineOf: 'task',
    params: z.strictObject({ task: z.uuid() }),
    result: taskSchema,
  }),
  searchEvents: contract({
    method: 'GET',
    path: '/events',
    summary: 'What happened, oldest first, of machines that the caller may read',
    right: 'read',
    isCut: true,
    query: eventQuery,
    result: z.array(hostEventSchema),
  }),
  listImages: contract({
    method: 'GET',
    path: '/images',
    summary: 'Images of the catalogue, and those that were imported, to make machines of',
    right: 'any',
    result: z.array(imageSchema),
  }),
  ...ACCESS_CONTRACTS,
} as const satisfies Record<string, Contract>;

export type Contracts = typeof CONTRACTS;
export type CallName = keyof Contracts;
