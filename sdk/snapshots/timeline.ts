/**
 * What a machine did between two inputs: its screen, its ports, its power, at the points of its grid. Plain data that goes
 * into a file of the store and comes back from there, checked.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Answers, GuestTime, PowerState, StateHash, TracedChange } from '../engines/engine.js';
import type { ScreenContent } from '../screen/content.js';
import { decodeScreen, encodedScreen, encodeScreen, type EncodedScreen } from './screen-codec.js';
import { compress, contentSize, decompress } from './zstd.js';

/** A change as a timeline holds it: screens by their digest; null is a picture that nobody looked at. */
export type Change =
  { kind: 'screen'; at: GuestTime; screen: string | null } | Exclude<TracedChange, { kind: 'screen' }>;

/** A snapshot that was stored on the way. */
export interface StoredPoint {
  at: GuestTime;
  /** In the store. */
  key: string;
  /** It is what the machine was at this instant if its next input came then, and at no other. */
  beforeInput: boolean;
}

export class Timeline {
  /** The last point of the grid that is known; -1: none is. */
  until: GuestTime = -1;
  /** Whether the store has less than this. */
  changed = false;
  readonly changes: Change[] = [];
  /** Digest of what the screen showed, by when somebody looked. */
  readonly looks = new Map<GuestTime, string>();
  readonly hashes = new Map<GuestTime, StateHash>();
  readonly snapshots: StoredPoint[] = [];
  /** Of a snapshot that was taken by an input at its beginning, bytes. */
  snapshotBytes: number | null = null;
  readonly screens = new Map<string, ScreenContent>();

  /** Takes what an engine did up to `until`. What is known already is left out: it is the same. */
  extend(traced: readonly TracedChange[], until: GuestTime): void {
    if (until <= this.until) return;
    for (const change of traced) {
      if (change.at <= this.until) continue;
      this.changes.push(
        change.kind === 'screen' ? { kind: 'screen', at: change.at, screen: this.#keep(change.content) } : change,
      );
    }
    this.until = until;
    this.changed = true;
  }

  look(at: GuestTime, content: ScreenContent): void {
    const digest = this.#keep(content);
    if (digest === null || this.looks.get(at) === digest) return;
    this.looks.set(at, digest);
    this.changed = true;
  }

  hash(at: GuestTime, hash: StateHash): void {
    this.hashes.set(at, hash);
    this.changed = true;
  }

  stored(point: StoredPoint): void {
    if (this.snapshots.some(({ key }) => key === point.key)) return;
    this.snapshots.push(point);
    this.changed = true;
  }

  #keep(content: ScreenContent | null): string | null {
    if (content === null) return null;
    const digest = createHash('sha256').update(encodeScreen(content)).digest('hex');
    if (!this.screens.has(digest)) this.screens.set(digest, content);
    return digest;
  }

  /** Another process may have known more, or other things. */
  merge(other: Timeline): void {
    if (other.until > this.until) {
      this.changes.splice(0, this.changes.length, ...other.changes);
      this.until = other.until;
    }
    for (const [digest, content] of other.screens) this.screens.set(digest, content);
    for (const [at, digest] of other.looks) this.looks.set(at, digest);
    for (const [at, hash] of other.hashes) this.hashes.set(at, hash);
    for (const point of other.snapshots) {
      if (!this.snapshots.some(({ key }) => key === point.key)) this.snapshots.push(point);
    }
    this.snapshotBytes ??= other.snapshotBytes;
  }
}

const time = z.int();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const base64 = z.base64();
const power = z.enum(['running', 'off', 'halted', 'crashed'] satisfies PowerState[]);
const keyboard = z.strictObject({ pending: z.int(), enabled: z.boolean() }) satisfies z.ZodType<Answers['keyboard']>;
const pointer = z.strictObject({
  absolute: z.boolean(),
  enabled: z.boolean(),
  pending: z.int(),
}) satisfies z.ZodType<Answers['pointer']>;

const encodedChange = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('screen'), at: time, screen: sha256.nullable() }),
  z.strictObject({ kind: z.literal('serial'), at: time, port: z.int().min(0).max(3), data: base64 }),
  z.strictObject({ kind: z.literal('keyboard'), at: time, keyboard }),
  z.strictObject({ kind: z.literal('pointer'), at: time, pointer }),
  z.strictObject({ kind: z.literal('power'), at: time, state: power, detail: z.string().nullable() }),
  z.strictObject({ kind: z.literal('reset'), at: time }),
]);

const encoded = z.strictObject({
  version: z.literal(2),
  until: time,
  changes: z.array(encodedChange),
  looks: z.array(z.tuple([time, sha256])),
  hashes: z.array(z.tuple([time, z.strictObject({ hash: sha256, parts: z.record(z.string(), z.string()) })])),
  snapshots: z.array(z.strictObject({ at: time, key: sha256, beforeInput: z.boolean() })),
  snapshotBytes: z.int().nullable(),
  screens: z.record(sha256, encodedScreen),
});

const MAGIC = Buffer.from('GWTIME01');
const DIGEST_BYTES = 32;
/** A timeline that says it is larger is none. */
const MOST_BYTES = 2 ** 30;

/** The bytes of its file: magic number, SHA-256 of the rest, JSON in one zstd frame. */
export function encodeTimeline(timeline: Timeline): Buffer {
  const json: z.infer<typeof encoded> = {
    version: 2,
    until: timeline.until,
    changes: timeline.changes.map((change) =>
      change.kind === 'serial' ? { ...change, data: Buffer.from(change.data).toString('base64') } : change,
    ),
    looks: [...timeline.looks],
    hashes: [...timeline.hashes],
    snapshots: timeline.snapshots,
    snapshotBytes: timeline.snapshotBytes,
    screens: Object.fromEntries(
      [...timeline.screens].map(([digest, content]) => [digest, JSON.parse(encodeScreen(content)) as EncodedScreen]),
    ),
  };
  const frame = compress(Buffer.from(JSON.stringify(json)));
  return Buffer.concat([MAGIC, createHash('sha256').update(frame).digest(), frame]);
}

/** @returns null for what is no whole timeline */
export function decodeTimeline(file: Buffer): Timeline | null {
  const start = MAGIC.length + DIGEST_BYTES;
  if (file.length <= start || !file.subarray(0, MAGIC.length).equals(MAGIC)) return null;
  const frame = file.subarray(start);
  if (!createHash('sha256').update(frame).digest().equals(file.subarray(MAGIC.length, start))) return null;
  const size = contentSize(frame);
  const text = size === null || size > MOST_BYTES ? null : decompress(frame, size);
  if (text === null) return null;
  return fromJson(Buffer.from(text).toString());
}

function fromJson(text: string): Timeline | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const read = encoded.safeParse(json);
  if (!read.success) return null;
  const timeline = new Timeline();
  timeline.until = read.data.until;
  for (const change of read.data.changes) {
    timeline.changes.push(
      change.kind === 'serial' ? { ...change, data: new Uint8Array(Buffer.from(change.data, 'base64')) } : change,
    );
  }
  for (const [at, digest] of read.data.looks) timeline.looks.set(at, digest);
  for (const [at, hash] of read.data.hashes) timeline.hashes.set(at, hash);
  timeline.snapshots.push(...read.data.snapshots);
  timeline.snapshotBytes = read.data.snapshotBytes;
  for (const [digest, screen] of Object.entries(read.data.screens)) timeline.screens.set(digest, decodeScreen(screen));
  return timeline;
}
