/** What happened on a host: a log that is kept, searched and followed. */
import { existsSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { LineFile } from '../line-file.js';

export const hostEventSchema = z.strictObject({
  /** Counts up, over restarts of the daemon too. */
  id: z.int().positive(),
  at: z.iso.datetime(),
  /** Null: of the host itself. */
  machine: z.string().nullable(),
  /** `state`, `reset`, `crashed`, `rebuilt`, `created`, … */
  kind: z.string(),
  /** Who asked for it; null: nobody, it happened. */
  by: z.string().nullable(),
  detail: z.string().nullable(),
});
export type HostEvent = z.output<typeof hostEventSchema>;

/** Somebody who asks; null: the host itself. */
export type Asker = string | null;

export const eventQuery = z.strictObject({
  machine: z.string().optional(),
  kind: z.string().optional(),
  /** Anywhere in an event, in small or capital letters. */
  text: z.string().optional(),
  /** Only events after the one of this id. */
  after: z.coerce.number().int().min(0).optional(),
  /** The latest so many. */
  limit: z.coerce.number().int().min(1).max(10_000).default(200),
});
export type EventQuery = z.output<typeof eventQuery>;

/** Bytes of a file of the log; there are two. */
const FILE_BYTES = 8 << 20;
/** Events that wait in memory for room on the host's disk; of more the oldest are lost. */
const WAITING = 1000;

export class EventLog {
  readonly #file: string;
  readonly #lines: LineFile;
  readonly #listeners = new Set<(event: HostEvent) => void>();
  #last: number;

  /** @param file of JSON values, one a line; the older half is beside it with `.1` */
  constructor(file: string) {
    this.#file = file;
    this.#lines = new LineFile(file, WAITING);
    mkdirSync(dirname(file), { recursive: true });
    this.#last = this.#all().at(-1)?.id ?? 0;
  }

  add(event: Omit<HostEvent, 'id' | 'at'>): HostEvent {
    const whole = { id: ++this.#last, at: new Date().toISOString(), ...event };
    if (existsSync(this.#file) && statSync(this.#file).size > FILE_BYTES) renameSync(this.#file, `${this.#file}.1`);
    // That the disk is full is a reason to tell of it, not to tell of nothing.
    this.#lines.add(`${JSON.stringify(whole)}\n`);
    for (const listener of this.#listeners) listener(whole);
    return whole;
  }

  /** Oldest first. */
  search({ machine, kind, text, after = 0, limit }: EventQuery): HostEvent[] {
    return this.#all()
      .filter((event) => event.id > after && isWanted(event, { machine, kind, text }))
      .slice(-limit);
  }

  follow(listener: (event: HostEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #all(): HostEvent[] {
    const texts = [`${this.#file}.1`, this.#file]
      .filter((file) => existsSync(file))
      .map((f) => readFileSync(f, 'utf8'));
    return [...texts, ...this.#lines.waiting].flatMap(readEvents);
  }
}

/** Whether a search for these finds it. */
export function isWanted(event: HostEvent, { machine, kind, text }: Partial<EventQuery>): boolean {
  return (
    (machine === undefined || event.machine === machine) &&
    (kind === undefined || event.kind === kind) &&
    (text === undefined || JSON.stringify(event).toLowerCase().includes(text.toLowerCase()))
  );
}

/** A line that was cut off by a kill or a full disk is left out. */
function readEvents(text: string): HostEvent[] {
  return text.split('\n').flatMap((line) => {
    try {
      const read = hostEventSchema.safeParse(JSON.parse(line));
      return read.success ? [read.data] : [];
    } catch {
      return [];
    }
  });
}
