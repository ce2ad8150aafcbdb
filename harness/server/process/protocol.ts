/** What the daemon and the process of a machine say to each other, over a unix socket, as JSON-RPC. */
import { NotificationType, RequestType, RequestType0 } from 'vscode-jsonrpc';
import { z } from 'zod';
import type { Failure } from '../../../sdk/errors.js';
import type { ControlState } from '../remote/control.js';
import type { HeartbeatState, MachineStatus } from '../machines/status.js';
import type { HostedSnapshot } from '../machines/snapshots.js';
import type { SerialPiece, SerialQuestion } from './serial-output.js';
import type { Thumbnail, ThumbnailQuery } from './thumbnails.js';

/** The error of an answer carries it as data. */
export interface ToldFailure {
  failure: Failure;
  message: string;
}

export interface Look {
  /** PNG file, base64. */
  png: string;
  width: number;
  height: number;
  /** Rows of a text screen; null in a graphic mode. */
  rows: string[] | null;
  /** Guest ms. */
  time: number;
}

export interface Live {
  status: MachineStatus;
  /** Guest ms; null: it does not run. */
  time: number | null;
  /** See `Machine.engineDetail`. */
  engineDetail: string | null;
  heartbeat: HeartbeatState;
  pid: number;
}

const text = z.string().min(1).max(10_000);

/** Somebody at its keyboard or mouse. */
export const handling = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('type'), text }),
  /** A chord such as `Control+Alt+Delete`. */
  z.strictObject({ kind: z.literal('press'), chord: z.string().min(1).max(100) }),
  z.strictObject({
    kind: z.literal('click'),
    x: z.number().int().min(0).max(16_384),
    y: z.number().int().min(0).max(16_384),
    button: z.enum(['left', 'middle', 'right']).default('left'),
  }),
]);
export type Handling = z.output<typeof handling>;

export const mediumChange = z.strictObject({
  drive: z.enum(['floppy0', 'cdrom0']),
  /** A file of the host or a catalogue image; null empties the drive. */
  medium: z.string().min(1).nullable(),
});
export type MediumChange = z.output<typeof mediumChange>;

export const controlTake = z.strictObject({
  by: z.string(),
  viewer: z.uuid().nullable(),
  force: z.boolean(),
});
export type ControlTake = z.output<typeof controlTake>;

export const calls = {
  /** Whether what it is doing (its start, a save, a snapshot) could still be given up. */
  cancel: new RequestType0<boolean, ToldFailure>('cancel'),
  live: new RequestType0<Live, ToldFailure>('live'),
  look: new RequestType0<Look, ToldFailure>('look'),
  pause: new RequestType0<null, ToldFailure>('pause'),
  resume: new RequestType0<null, ToldFailure>('resume'),
  reset: new RequestType0<null, ToldFailure>('reset'),
  /** The guest is asked: answered when it has been. */
  pressPowerButton: new RequestType0<null, ToldFailure>('pressPowerButton'),
  powerOff: new RequestType0<null, ToldFailure>('powerOff'),
  saveState: new RequestType0<null, ToldFailure>('saveState'),
  snapshot: new RequestType<{ name: string }, HostedSnapshot, ToldFailure>('snapshot'),
  revert: new RequestType<{ id: string }, null, ToldFailure>('revert'),
  removeSnapshot: new RequestType<{ id: string }, null, ToldFailure>('removeSnapshot'),
  insert: new RequestType<MediumChange, null, ToldFailure>('insert'),
  /** Of a machine that a scenario drives: what it is, and a request (see `drive/requests.ts`), both as JSON. */
  driven: new RequestType0<string, ToldFailure>('driven'),
  drive: new RequestType<{ request: string }, string, ToldFailure>('drive'),
  /** Ends it as it is. Nothing of it is kept. */
  abandon: new RequestType0<null, ToldFailure>('abandon'),
  /** Refused while somebody else has control, unless forced. */
  handle: new RequestType<{ handling: Handling; by: string | null; force: boolean }, null, ToldFailure>('handle'),
  control: new RequestType0<ControlState, ToldFailure>('control'),
  takeControl: new RequestType<ControlTake, ControlState, ToldFailure>('takeControl'),
  releaseControl: new RequestType<{ by: string; force: boolean }, ControlState, ToldFailure>('releaseControl'),
  thumbnail: new RequestType<ThumbnailQuery, Thumbnail, ToldFailure>('thumbnail'),
  serialSince: new RequestType<SerialQuestion, SerialPiece, ToldFailure>('serialSince'),
  /** Bytes for a port, base64. */
  serialWrite: new RequestType<{ port: number; data: string; by: string | null }, null, ToldFailure>('serialWrite'),
};

export const news = {
  /** Its state is another. */
  status: new NotificationType<MachineStatus>('status'),
  /** Something happened, for the log. */
  /** An event of the engine of a machine that a scenario drives, as JSON. */
  engine: new NotificationType<{ event: string }>('engine'),
  event: new NotificationType<{ kind: string; detail: string | null; by: string | null }>('event'),
};
