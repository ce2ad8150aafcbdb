/**
 * What a run that is being verified leaves behind: a file per machine, with everything that reached its engine, the
 * state hash after every step, and at the end how much of it came from a store. Length-prefixed structured clones, appended as they happen, so that a run that fails
 * leaves what it had.
 */
import { appendFileSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { GuestTime, RecordedEvent, StateHash } from '../../sdk/index.js';

export type LogEntry =
  | RecordedEvent
  /** The hash is null where nobody asked for it. */
  | { kind: 'step'; at: GuestTime; title: string; hash: StateHash | null }
  /** The machine has been disposed. */
  | { kind: 'end'; memoised: MemoisedShare | null };

export type Step = Extract<LogEntry, { kind: 'step' }>;

/** What of a memoised machine did not come from the store: see `Memoised`. */
export interface MemoisedShare {
  ran: GuestTime;
  starts: number;
  /** Messages of what was wrong with the store. */
  problems: string[];
}

export class VerifyLog {
  readonly #file: string;

  /** @param name of the test and the machine; the same in every run */
  constructor(folder: string, name: string) {
    mkdirSync(folder, { recursive: true });
    this.#file = path.join(folder, logFileName(name));
  }

  append(entry: LogEntry): void {
    const bytes = serialize(entry);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    appendFileSync(this.#file, Buffer.concat([length, bytes]), { mode: 0o600 });
  }
}

const EXTENSION = '.log';

export function logFileName(name: string): string {
  return `${encodeURIComponent(name)}${EXTENSION}`;
}

/** Logs of a run by their names. Our own files, in a folder of our own: they are trusted. */
export function readLogs(folder: string): Map<string, LogEntry[]> {
  const logs = new Map<string, LogEntry[]>();
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith(EXTENSION)) continue;
    logs.set(decodeURIComponent(file.slice(0, -EXTENSION.length)), readLog(path.join(folder, file)));
  }
  return logs;
}

export function readLog(file: string): LogEntry[] {
  const bytes = readFileSync(file);
  const entries: LogEntry[] = [];
  for (let at = 0; at + 4 <= bytes.length;) {
    const length = bytes.readUInt32LE(at);
    entries.push(deserialize(bytes.subarray(at + 4, at + 4 + length)) as LogEntry);
    at += 4 + length;
  }
  return entries;
}

export function stepsOf(log: readonly LogEntry[]): Step[] {
  return log.filter((entry) => entry.kind === 'step');
}
