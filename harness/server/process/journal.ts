/**
 * What a machine of a bit-exact engine did since it began, so that it can be done again when its process was killed. A file
 * of one JSON value a line, appended as it happens. It holds what was typed, as the machine's memory does: only the owner
 * may read it.
 */
import { readFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { z } from 'zod';
import { writeWhole } from '../../../sdk/images/files.js';
import type { RecordedEvent } from '../../../sdk/machine/recording.js';
import { fromJson, toJson } from '../bytes-json.js';
import { LineFile } from '../line-file.js';

/** What can be done again. */
type Done = Extract<RecordedEvent, { kind: 'input' | 'save' | 'restore' }>;

/** No further: a journal is in the run folder, which a machine from elsewhere does not bring along. */
function isDone(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('kind' in value) || !('at' in value)) return false;
  const { kind, at } = value;
  return typeof at === 'number' && (kind === 'input' ? 'input' in value : kind === 'save' || kind === 'restore');
}

/** Where it begins: at power-on, or a state in the run folder. */
const begin = z.strictObject({
  kind: z.literal('begin'),
  base: z
    .string()
    .regex(/^base-\d+\.state$/)
    .nullable(),
});
/** The machine was seen at this instant. */
const seen = z.strictObject({ kind: z.literal('seen'), at: z.number().nonnegative() });
const done = z.strictObject({ kind: z.literal('done'), event: z.custom<Done>(isDone) });
const line = z.discriminatedUnion('kind', [begin, seen, done]);

export interface KeptRun {
  /** File in the run folder. Null: it began at power-on. */
  base: string | null;
  events: RecordedEvent[];
  /** Guest ms at which it was seen last. */
  until: number;
}

export class MachineJournal {
  readonly #file: string;
  readonly #lines: LineFile;
  readonly #onNoRoom: () => void;
  #hasRoom = true;

  /** @param onNoRoom what it does waits in memory from now on, until there is room */
  constructor(file: string, onNoRoom: () => void = () => undefined) {
    this.#file = file;
    this.#lines = new LineFile(file);
    this.#onNoRoom = onNoRoom;
  }

  /** In place of what was there. @param base file in the run folder; null: power-on */
  async begin(base: string | null): Promise<void> {
    await writeWhole(this.#file, encode({ kind: 'begin', base }));
    await chmod(this.#file, 0o600);
    this.#lines.forget();
    this.#found(true);
  }

  /** At once, so that whatever it led to is after it. */
  did(event: RecordedEvent): void {
    if (event.kind === 'start' || event.kind === 'stored') return;
    this.#found(this.#lines.add(encode({ kind: 'done', event })));
  }

  seen(at: number): void {
    // One that waits tells no more than the next.
    this.#found(this.#lines.flush());
    if (this.#hasRoom && !this.#lines.add(encode({ kind: 'seen', at }))) this.#found(false);
  }

  #found(hasRoom: boolean): void {
    if (this.#hasRoom && !hasRoom) this.#onNoRoom();
    this.#hasRoom = hasRoom;
  }
}

/** Null: not even its beginning is there. What was being written when its process was killed is left out. */
export function readRun(file: string): KeptRun | null {
  let run: KeptRun | null = null;
  for (const text of readFileSync(file, 'utf8').split('\n')) {
    const entry = parseLine(text);
    if (entry === null) break;
    if (entry.kind === 'begin') run = { base: entry.base, events: [], until: 0 };
    else if (run === null) return null;
    else if (entry.kind === 'seen') run.until = Math.max(run.until, entry.at);
    else {
      run.events.push(entry.event);
      run.until = Math.max(run.until, entry.event.at);
    }
  }
  return run;
}

function parseLine(text: string): z.output<typeof line> | null {
  if (text === '') return null;
  try {
    return line.parse(fromJson(text));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return null;
    throw error;
  }
}

type Line =
  { kind: 'begin'; base: string | null } | { kind: 'seen'; at: number } | { kind: 'done'; event: RecordedEvent };

const encode = (value: Line): string => `${toJson(value)}\n`;
