/** What is kept beside the state of a checkpoint: whose it is, and what a revert brings back on this side. */
import { z } from 'zod';
import { KEY_CODES } from '../input/keycodes.js';
import type { KeptState } from '../machine/machine.js';
import { mediaSchema } from '../machine/spec.js';

const VERSION = 1;
const count = z.int().nonnegative();

const own = z.strictObject({
  keyboard: z.strictObject({ held: z.array(z.enum(KEY_CODES)) }),
  pointer: z.strictObject({
    position: z.strictObject({ x: z.number(), y: z.number() }).nullable(),
    buttons: z.strictObject({ left: z.boolean(), middle: z.boolean(), right: z.boolean() }),
  }),
  ports: z.array(
    z.strictObject({
      matched: count,
      bytes: count,
      hidden: z.array(z.strictObject({ from: count, to: count }).refine(({ from, to }) => from <= to)),
    }),
  ),
  shell: z.strictObject({ commands: count, restarted: z.boolean() }),
  media: mediaSchema,
});

const schema = z.strictObject({
  version: z.literal(VERSION),
  name: z.string(),
  /** See `firstKey`. */
  scope: z.array(z.string()),
  /** Names this very state: another run of the same body gives another. */
  generation: z.uuid(),
  /** SHA-256 of the text of the body that was run. */
  body: z.string().regex(/^[0-9a-f]{64}$/),
  paused: z.boolean(),
  own,
});

export interface CheckpointNote extends Omit<z.output<typeof schema>, 'own'> {
  own: KeptState;
}

export function encodeNote(note: Omit<CheckpointNote, 'version'>): string {
  return JSON.stringify({ version: VERSION, ...note });
}

export type ReadNote = { outcome: 'read'; note: CheckpointNote } | { outcome: 'invalid'; why: string };

/** @param text untrusted */
export function decodeNote(text: string): ReadNote {
  const parsed = schema.safeParse(parseJson(text));
  return parsed.success
    ? { outcome: 'read', note: parsed.data }
    : { outcome: 'invalid', why: z.prettifyError(parsed.error) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
