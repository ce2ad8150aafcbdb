/**
 * The inputs of a machine, in their order, and the key of what they led to: it covers all that can change the outcome, and
 * nothing else. Keys of one journal form a chain, so that two journals share what they begin with.
 */
import { createHash } from 'node:crypto';
import type { GuestTime, Input, Medium, RemovableMedia } from '../engines/engine.js';

/** The beginning of a stretch: an input, or the machine's start. */
export interface Entry {
  /** Lower-case hex SHA-256. */
  key: string;
  at: GuestTime;
  before: Entry | null;
  /** Null: the machine's start. */
  input: Input | null;
}

/** Where a journal begins: at power-on, or at a state of the store. */
export type Beginning =
  | { kind: 'power-on'; media: RemovableMedia }
  /** `key` is the state's; `at` when it was saved. */
  | { kind: 'state'; key: string; at: GuestTime };

/** Changes whenever what is kept under a key means something else. */
const FORMAT = 1;

/**
 * @param identity see `EngineMachine.identity`: it says nothing of what is in the drives at the start, for states hold that
 */
export function firstEntry(identity: string, beginning: Beginning): Entry {
  const isState = beginning.kind === 'state';
  const begins = isState ? { state: beginning.key } : plainMedia(beginning.media);
  const key = digest(['journal', FORMAT, identity, begins]);
  return { key, at: isState ? beginning.at : 0, before: null, input: null };
}

export function nextEntry(before: Entry, at: GuestTime, input: Input): Entry {
  return { key: digest([before.key, at, plainInput(input)]), at, before, input };
}

/** Of a snapshot at a point of a stretch. */
export interface SnapshotPoint {
  entry: Entry;
  at: GuestTime;
  /** See `StoredPoint`. */
  beforeInput: boolean;
}

/** Of a state that was saved by the snapshot that an entry is: whoever does the same again gets the same one. */
export function savedKey({ key }: Entry): string {
  return digest(['saved', key]);
}

export function snapshotKey({ entry, at, beforeInput }: SnapshotPoint): string {
  return digest(['snapshot', entry.key, at, beforeInput]);
}

/**
 * Whether a snapshot is of the way to an instant.
 * @param next the input that ends the stretch of the snapshot on that way; undefined: it ends at the instant
 */
export function leadsOn(
  { at, beforeInput }: Omit<SnapshotPoint, 'entry'>,
  { next, until }: { next: Entry | undefined; until: GuestTime },
): boolean {
  return beforeInput ? next?.at === at : at <= (next?.at ?? until);
}

/** From the start to here. */
export function pathTo(entry: Entry): Entry[] {
  const path: Entry[] = [];
  for (let at: Entry | null = entry; at !== null; at = at.before) path.push(at);
  return path.reverse();
}

function digest(parts: unknown): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** As plain JSON. Media by their digests: the bytes count, not where they are. */
export function plainInput(input: Input): object {
  switch (input.kind) {
    case 'serial':
      return { ...input, data: Buffer.from(input.data).toString('base64') };
    case 'network':
      return { ...input, frame: Buffer.from(input.frame).toString('base64') };
    case 'media':
      return { ...input, medium: plainMedium(input.medium) };
    case 'power':
      return input.action === 'on' ? { ...input, media: plainMedia(input.media) } : input;
    default:
      return input;
  }
}

function plainMedia({ floppies, cdrom, bootOrder }: RemovableMedia): unknown {
  return { floppies: floppies.map(plainMedium), cdrom: plainMedium(cdrom), bootOrder };
}

function plainMedium(medium: Medium | null | undefined): string {
  return medium === null || medium === undefined ? String(medium) : medium.digest;
}
