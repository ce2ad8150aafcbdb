/**
 * What a scenario and the process of a machine say to each other through the daemon: calls of `EngineMachine`, checked at the
 * machine's end, and their answers.
 */
import { z } from 'zod';
import { PORT_DEVICES, type Capabilities } from '../../../sdk/engines/engine.js';
import { KEY_CODES } from '../../../sdk/input/keycodes.js';

const bytes = z.custom<Uint8Array>((data) => data instanceof Uint8Array && data.length <= 32 * 1024, {
  error: 'bytes, at most 32 KB at once',
});
const fraction = z.number().min(0).max(1);
const step = z.int().min(-65_536).max(65_536);
const port = z.int().min(0).max(31);
const device = z.enum(PORT_DEVICES).optional();

/** Media stay with the host: what is put into a drive is named by the host's own API. */
const input = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('key'), code: z.enum(KEY_CODES), down: z.boolean() }),
  z.strictObject({
    kind: z.literal('pointer'),
    action: z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('move'), dx: step, dy: step }),
      z.strictObject({ type: z.literal('moveTo'), x: fraction, y: fraction }),
      z.strictObject({ type: z.literal('buttons'), left: z.boolean(), middle: z.boolean(), right: z.boolean() }),
      z.strictObject({ type: z.literal('wheel'), dy: step }),
    ]),
  }),
  z.strictObject({ kind: z.literal('serial'), device, port, data: bytes }),
  /** `on`: with the media that its drives have. */
  z.strictObject({ kind: z.literal('power'), action: z.enum(['reset', 'off', 'pause', 'resume', 'on', 'button']) }),
  z.strictObject({ kind: z.literal('clock'), clock: z.enum(['stepped', 'paced']) }),
]);

const question = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('screen') }),
  z.strictObject({ kind: z.literal('serial'), device, port, from: z.int().min(0) }),
  z.strictObject({ kind: z.literal('keyboard') }),
  z.strictObject({ kind: z.literal('pointer') }),
  z.strictObject({ kind: z.literal('power') }),
  z.strictObject({ kind: z.literal('stateHash') }),
]);

const snapshotId = z.string().min(1).max(200);

export const driveRequest = z.discriminatedUnion('call', [
  z.strictObject({ call: z.literal('input'), input }),
  z.strictObject({
    call: z.literal('advance'),
    limit: z.number().min(0),
    stopOn: z.array(z.enum(['screen', 'serial', 'keyboard', 'power'])).max(4),
  }),
  z.strictObject({ call: z.literal('observe'), question }),
  z.strictObject({ call: z.literal('save') }),
  z.strictObject({ call: z.literal('restore'), id: snapshotId }),
  z.strictObject({ call: z.literal('forget'), id: snapshotId }),
]);
export type DriveRequest = z.output<typeof driveRequest>;
/** An input as it is sent. */
export type SentInput = Extract<DriveRequest, { call: 'input' }>['input'];

/** What a scenario sends: an answer with the same number follows. */
export const numbered = z.strictObject({ id: z.int().min(0), request: z.unknown() });

/** The machine as it is when the scenario takes it over. */
export interface Driven {
  /** Of the machine that runs for the scenario. */
  name: string;
  /** Of the machine that it was made of: the spec as it stands in its configuration. */
  spec: Record<string, unknown>;
  engine: string;
  capabilities: Capabilities;
  identity: string;
  description: string | null;
  /** Guest ms. */
  now: number;
  /** Whether it goes on from a state: what the guest said before is known. */
  goesOn: boolean;
}
