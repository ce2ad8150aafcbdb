/** What the daemon says of a viewer to the process of its machine, before it lets the two talk: a length, then JSON. */
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { converse } from '../../../sdk/rfb/converse.js';
import { viewOf, type Reading } from '../../../sdk/rfb/reading.js';

export const greetingSchema = z.strictObject({
  /** Names the viewer while it is there. */
  viewer: z.uuid(),
  /** Name of the token or user. */
  by: z.string().min(1).max(200),
  /** It has the right to use the machine, and wants to. */
  mayUse: z.boolean(),
});
export type Greeting = z.output<typeof greetingSchema>;

const LENGTH_BYTES = 2;

export function encodeGreeting(greeting: Greeting): Uint8Array {
  const text = Buffer.from(JSON.stringify(greeting));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt16BE(text.length);
  return Buffer.concat([length, text]);
}

/** What follows stays in the stream. Null: it ended before, or it was something else. */
export async function readGreeting(stream: Readable): Promise<Greeting | null> {
  const text = await readText(stream);
  if (text === null) return null;
  try {
    const greeting = greetingSchema.safeParse(JSON.parse(text));
    return greeting.success ? greeting.data : null;
  } catch {
    return null;
  }
}

async function readText(stream: Readable): Promise<string | null> {
  let text: string | null = null;
  await converse(
    stream,
    (function* (): Reading {
      const length = viewOf(yield LENGTH_BYTES).getUint16(0);
      text = Buffer.from(yield length).toString();
    })(),
  );
  return text;
}
