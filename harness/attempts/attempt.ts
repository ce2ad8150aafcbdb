/**
 * The course of one attempt at a scenario: what went into a machine and what was seen of it, with guest times. Attached to
 * attempts that are compared later; reporters get it as JSON.
 */
import { z } from 'zod';

const time = z.number();

const event = z.discriminatedUnion('kind', [
  /** `key KeyA pressed`; a secret is named, not shown. */
  z.strictObject({ kind: z.literal('input'), at: time, words: z.string() }),
  z.strictObject({
    kind: z.literal('step'),
    from: time,
    /** When it ended. */
    at: time,
    title: z.string(),
    passed: z.boolean(),
    /** Name of the text that the screen showed at its end, in `screens`; null: not looked at, or no text screen. */
    screen: z.string().nullable(),
    /** SHA-256 of what the first serial port had said by then; null: not looked at. */
    serial: z.string().nullable(),
  }),
]);

const attempt = z.strictObject({
  version: z.literal(1),
  machine: z.string(),
  /** Whether the same inputs give the same times and the same output: then these are compared, too. */
  exact: z.boolean(),
  /** In their order. The inputs of a step come before it. */
  events: z.array(event),
  screens: z.record(z.string(), z.array(z.string())),
});

export type Attempt = z.infer<typeof attempt>;
export type AttemptEvent = z.infer<typeof event>;

/** By it an attachment is known. */
export const ATTEMPT_TYPE = 'application/vnd.guestwright.attempt+json';

/** Null: it is none, or of another version. */
export function parseAttempt(text: string): Attempt | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const read = attempt.safeParse(json);
  return read.success ? read.data : null;
}
