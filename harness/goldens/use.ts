/**
 * What a test did with a golden. Reporters get only text and files, so it travels as an annotation; the pictures of a
 * refused golden are attachments, and are told by their digests.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';

/** Type of the annotation that carries a {@link GoldenUse} as JSON. Types with a leading underscore are not shown. */
export const GOLDEN_ANNOTATION = '_guestwright-golden';

const digest = z.string().regex(/^[0-9a-f]{64}$/);

const pending = z.strictObject({
  /** SHA-256 of the golden that was compared with; null where there was none. */
  golden: digest.nullable(),
  /** SHA-256 of the attached PNG of what the screen showed. */
  actual: digest,
  /** SHA-256 of the attached PNG of what differs; null where there was nothing to compare with. */
  diff: digest.nullable(),
  /** The text file that belongs to the picture; null for a graphic screen. */
  text: z.string().nullable(),
});

const goldenUse = z.strictObject({
  /** The golden's PNG, an absolute path. */
  png: z.string(),
  /** What could be accepted instead; null where nothing was refused, or nothing would be written. */
  pending: pending.nullable(),
});

export type GoldenUse = z.infer<typeof goldenUse>;
export type PendingGolden = z.infer<typeof pending>;

export function encodeUse(use: GoldenUse): string {
  return JSON.stringify(use);
}

/** Reads a {@link GOLDEN_ANNOTATION}; null when it is not one. */
export function parseUse(text: string | undefined): GoldenUse | null {
  if (text === undefined) return null;
  try {
    const parsed = goldenUse.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
