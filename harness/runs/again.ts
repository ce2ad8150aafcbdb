/** The inputs of a run as plain data, so that its page can do them again from power-on and stop at any instant. */
import { z } from 'zod';
import type { Input } from '../../sdk/engines/engine.js';
import type { JournalEntry } from '../../sdk/machine/types.js';
import { KEY_CODES } from '../../sdk/input/keycodes.js';

const at = z.number().nonnegative();
const fraction = z.number().min(0).max(1);
const counts = z.number().int().min(-32_768).max(32_767);

const pointer = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('move'), dx: counts, dy: counts }),
  z.strictObject({ type: z.literal('moveTo'), x: fraction, y: fraction }),
  z.strictObject({ type: z.literal('buttons'), left: z.boolean(), middle: z.boolean(), right: z.boolean() }),
  z.strictObject({ type: z.literal('wheel'), dy: counts }),
]);

const plainInput = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('key'), code: z.enum(KEY_CODES), down: z.boolean() }),
  z.strictObject({ kind: z.literal('pointer'), action: pointer }),
  z.strictObject({
    kind: z.literal('serial'),
    port: z.number().int().min(0).max(3),
    /** Hexadecimal. */
    data: z.string().regex(/^([0-9a-f]{2})*$/),
  }),
  z.strictObject({ kind: z.literal('power'), action: z.literal('reset') }),
]);

export const runAgain = z.strictObject({
  inputs: z.array(z.strictObject({ at, input: plainInput })),
  /** Guest ms up to which these are all; null: they are all to the end. */
  until: at.nullable(),
  /** Why it is not further; null: it is. */
  why: z.string().nullable(),
});

export type RunAgain = z.infer<typeof runAgain>;
export type PlainInput = z.infer<typeof plainInput>;

/** As far as what was done can be done again by data alone, and holds no secret. */
export function againOf(journal: readonly JournalEntry[]): RunAgain {
  const inputs: RunAgain['inputs'] = [];
  for (const { at, input, secret = false } of journal) {
    if (secret) return { inputs, until: at, why: 'a secret was typed then, which is not in this file' };
    const plain = plainOf(input);
    if (plain === null)
      return { inputs, until: at, why: `of what was done then (${input.kind}) this file has no data` };
    inputs.push({ at, input: plain });
  }
  return { inputs, until: null, why: null };
}

function plainOf(input: Input): PlainInput | null {
  switch (input.kind) {
    case 'key':
    case 'pointer':
      return input;
    case 'serial': {
      const { device = 'serial', port, data } = input;
      return device === 'serial' ? { kind: 'serial', port, data: hexOf(data) } : null;
    }
    case 'power':
      return input.action === 'reset' ? { kind: 'power', action: 'reset' } : null;
    default:
      return null;
  }
}

/** @throws never: what was checked can be done */
export function inputOf(plain: PlainInput): Input {
  return plain.kind === 'serial' ? { ...plain, data: bytesOf(plain.data) } : plain;
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}
