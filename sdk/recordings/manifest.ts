/** What a recording says of itself, in its file `recording.json`. It may come from anywhere, so all of it is checked. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { z } from 'zod';
import type { MachineSpec } from '../machine/spec.js';

export const MANIFEST_FILE = 'recording.json';
export const MANIFEST_VERSION = 1;
/** A mark is some 100 bytes, and there are at most 100,000 of them but for those at segments' ends. */
export const MAX_MANIFEST_BYTES = 2 ** 26;
const MAX_MARKS = 200_000;
const MAX_SEGMENTS = 10_000;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);

const markShape = z.strictObject({
  at: count,
  icount: count,
  frame: sha256.optional(),
  memory: sha256.optional(),
});

const segmentShape = z
  .strictObject({
    /** A name in the recording's folder, and no path. */
    log: z.string().regex(/^segment-\d{1,5}\.log$/),
    marks: z.array(markShape).min(1).max(MAX_MARKS),
  })
  .refine(({ marks }) => marks.every((mark, i) => isAfter(mark, marks[i - 1])), 'the marks are not in their order');

export const manifestShape = z.strictObject({
  format: z.literal('guestwright-recording'),
  version: z.literal(MANIFEST_VERSION),
  /** The machine's. */
  name: z.string().max(200),
  /** Checked as a spec when the machine is made again. */
  spec: z.record(z.string(), z.unknown()),
  /** SHA-256 of the logs, by their names. */
  digests: z.record(z.string(), sha256),
  run: z.strictObject({
    program: z.string().min(1).max(200),
    identity: sha256,
    segments: z.array(segmentShape).min(1).max(MAX_SEGMENTS),
  }),
});

/** Of a file. */
export async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

export type Manifest = z.output<typeof manifestShape>;

function isAfter(mark: { at: number; icount: number }, before: { at: number; icount: number } | undefined): boolean {
  return before === undefined || (mark.at >= before.at && mark.icount >= before.icount);
}

/** Fields of a spec that say how the machine is driven, and nothing of the machine: passwords and patterns among them. */
const NOT_OF_THE_MACHINE = ['shell', 'layout', 'ocr', 'accelerator', 'clock'] as const;

/** The part of a spec by which the same machine is made. Files are in it as their user named them. */
export function specOfRecording(spec: MachineSpec): Record<string, unknown> {
  const left = Object.entries(spec).filter(([field]) => !(NOT_OF_THE_MACHINE as readonly string[]).includes(field));
  return Object.fromEntries(left);
}
