/** What the daemon says of a viewer to the process of its machine, before it lets the two talk: a length, then JSON. */
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { z } from 'zod';

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

/** What follows stays in the stream. Null: it ended, or it was something else. */
export async function readGreeting(stream: Readable): Promise<Greeting | null> {
  const length = await read(stream, LENGTH_BYTES);
  const text = length === null ? null : await read(stream, length.readUInt16BE());
  if (text === null) return null;
  try {
    const greeting = greetingSchema.safeParse(JSON.parse(text.toString()));
    return greeting.success ? greeting.data : null;
  } catch {
    return null;
  }
}

async function read(stream: Readable, bytes: number): Promise<Buffer | null> {
  for (;;) {
    const piece: unknown = stream.read(bytes);
    if (piece instanceof Buffer && piece.length === bytes) return piece;
    if (piece !== null || stream.destroyed || stream.readableEnded) return null;
    await Promise.race([once(stream, 'readable'), once(stream, 'close')]);
  }
}
