/**
 * The engine behind a journal. It is started only when something new is asked, from the nearest snapshot on the way there,
 * carries out the inputs from there on, and adds what it sees to the timelines.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  AdvanceRequest,
  Engine,
  EngineContext,
  EngineEvent,
  EngineMachine,
  EngineSnapshot,
  GuestTime,
  Hardware,
  JournalFacts,
} from '../engines/engine.js';
import { GuestwrightError } from '../errors.js';
import { asProblem } from './failures.js';
import { pathTo, snapshotKey, type Entry } from './journal.js';
import type { SnapshotStore } from './store.js';
import type { Timeline } from './timeline.js';

/** Wall ms of running after which a snapshot is stored, unless told otherwise: so much, at most, is run again. */
const STORE_AFTER_MS = 4_000;
/** The one file of a snapshot, as for states that are saved by hand. */
const FILE = 'state';

/** The machine that a journal is of. */
export interface MemoisedParts {
  engine: Engine;
  facts: JournalFacts;
  hardware: Hardware;
  /** See `EngineMachine.identity`. */
  identity: string;
  context: EngineContext;
  store: SnapshotStore;
  /** Wall ms of running after which a snapshot is stored. Default: 4,000. */
  storeAfterMs?: number;
}

export interface LiveEngineParts extends MemoisedParts {
  timelineOf: (entry: Entry) => Promise<Timeline>;
  onEvent: (event: EngineEvent) => void;
  /** Is told what is wrong with the store: the run goes on without. */
  onProblem: (error: GuestwrightError) => void;
}

export class LiveEngine {
  readonly #parts: LiveEngineParts;
  #machine: EngineMachine | null = null;
  /** The stretch that it is in. */
  #entry: Entry | null = null;
  /** Snapshots that it holds, by the key of the entry that took them. */
  readonly #held = new Map<string, string>();
  /** Wall ms that it ran since a snapshot was stored, or since its start. */
  #ranFor = 0;
  #isDisposed = false;
  readonly #storing: Promise<void>[] = [];
  /** How often it was started, and guest ms that it ran. */
  starts = 0;
  ran = 0;

  constructor(parts: LiveEngineParts) {
    this.#parts = parts;
  }

  /** Runs on from where the timeline of the stretch ends, to where something of `stopOn` changes, or not so far. */
  async extend(entry: Entry, { limit, stopOn }: AdvanceRequest): Promise<void> {
    const timeline = await this.#parts.timelineOf(entry);
    const machine = await this.reach(entry, Math.max(entry.at, timeline.until));
    // To be there may have been all that was wanted.
    if (timeline.until < limit) await this.#run(machine, entry, { limit, stopOn });
  }

  /** The machine at an instant of a stretch. */
  async reach(entry: Entry, at: GuestTime): Promise<EngineMachine> {
    const path = pathTo(entry);
    const from = await this.#nearest(path, at);
    const machine = this.#machine ?? (await this.#start(path, at));
    const begin = path.findIndex(({ key }) => key === (this.#entry ?? from)?.key);
    for (const next of path.slice(begin + 1)) {
      await this.#runTo(machine, next.at);
      if (next.input !== null) await machine.input(next.input);
      this.#entry = next;
      await this.#note(machine, next);
    }
    await this.#runTo(machine, at);
    return machine;
  }

  /**
   * Makes the running engine one that can get there: goes back to a snapshot that it holds, or ends it.
   * @returns the stretch that it is in
   */
  async #nearest(path: readonly Entry[], at: GuestTime): Promise<Entry | null> {
    const machine = this.#machine;
    if (machine === null) return null;
    const index = path.findIndex(({ key }) => key === this.#entry?.key);
    const leaves = index === -1 ? -1 : (path[index + 1]?.at ?? at);
    if (index !== -1 && machine.now <= leaves) return this.#entry;
    for (const entry of [...path].reverse()) {
      const held = this.#held.get(entry.key);
      if (held === undefined) continue;
      await machine.restore(held);
      this.#entry = entry;
      return entry;
    }
    await this.#end();
    return null;
  }

  async #start(path: readonly Entry[], at: GuestTime): Promise<EngineMachine> {
    const { engine, hardware, context } = this.#parts;
    const point = await this.#storedOn(path, at);
    const state = point?.state ?? null;
    try {
      this.starts++;
      this.#ranFor = 0;
      const machine = await engine.start(hardware, state === null ? context : { ...context, state: state.path });
      if (this.#isDisposed) {
        await machine[Symbol.asyncDispose]();
        throw new GuestwrightError('The machine has been disposed', { kind: 'usage', code: 'machine-disposed' });
      }
      machine.onEvent((event) => {
        if (event.kind === 'failed' && this.#machine === machine) this.#parts.onEvent(event);
      });
      this.#machine = machine;
      const entry = point?.entry ?? path[0];
      if (entry === undefined) throw new Error('a journal without a beginning');
      this.#entry = entry;
      await this.#note(machine, entry);
      return machine;
    } finally {
      await state?.remove();
    }
  }

  /** The last snapshot in the store on the way to an instant, as a file. Null: there is none, or none that is whole. */
  async #storedOn(
    path: readonly Entry[],
    at: GuestTime,
  ): Promise<{ entry: Entry; state: { path: string; remove: () => Promise<void> } } | null> {
    const { store, timelineOf, onProblem } = this.#parts;
    for (const [i, entry] of [...path.entries()].reverse()) {
      const leaves = path[i + 1]?.at ?? at;
      const points = (await timelineOf(entry)).snapshots.filter((point) => point.at <= leaves);
      for (const { key } of points.sort((a, b) => b.at - a.at)) {
        if (!(await store.has(key))) continue;
        const folder = await store.newFolder().catch((error: unknown) => {
          onProblem(asProblem(error, store.folder));
          return null;
        });
        if (folder === null) return null;
        const remove = async (): Promise<void> => await rm(folder, { recursive: true, force: true });
        try {
          await using lease = await store.hold(key);
          await store.extract(lease.key, FILE, join(folder, FILE));
          return { entry, state: { path: join(folder, FILE), remove } };
        } catch (error) {
          await remove();
          const problem = asProblem(error, store.folder);
          // Evicted meanwhile is no problem; a snapshot before it, or none, does as well.
          if (problem.code !== 'snapshot-not-stored') onProblem(problem);
        }
      }
    }
    return null;
  }

  async #runTo(machine: EngineMachine, at: GuestTime): Promise<void> {
    const entry = this.#entry;
    if (entry === null) throw new Error('an engine that is nowhere');
    while (machine.now < at) await this.#run(machine, entry, { limit: at, stopOn: [] });
  }

  /** To the next canonical point at most. */
  async #run(machine: EngineMachine, entry: Entry, { limit, stopOn }: AdvanceRequest): Promise<void> {
    const { canonicalMs } = this.#parts.facts;
    const from = machine.now;
    const next = (Math.floor(from / canonicalMs) + 1) * canonicalMs;
    const started = performance.now();
    const traced = await traceOf(machine)({ limit: Math.min(limit, next), stopOn });
    this.#ranFor += performance.now() - started;
    this.ran += traced.now - from;
    const timeline = await this.#parts.timelineOf(entry);
    timeline.extend(traced.changes, traced.now);
    // One that is off stands: it is known for as long as anybody waits.
    if (traced.now < Math.min(limit, next) && traced.now === from) timeline.extend([], Math.min(limit, next));
    const { storeAfterMs = STORE_AFTER_MS } = this.#parts;
    if (traced.now === next && this.#ranFor > storeAfterMs) await this.#store(machine, entry, timeline);
  }

  /** What there is at the beginning of a stretch. */
  async #note(machine: EngineMachine, entry: Entry): Promise<void> {
    const traced = await traceOf(machine)({ limit: machine.now, stopOn: [] });
    (await this.#parts.timelineOf(entry)).extend(traced.changes, traced.now);
  }

  async #store(machine: EngineMachine, entry: Entry, timeline: Timeline): Promise<void> {
    const at = machine.now;
    const key = snapshotKey(entry, at);
    this.#ranFor = 0;
    const { store, identity, engine, onProblem } = this.#parts;
    if (await store.has(key)) {
      timeline.stored({ at, key });
      return;
    }
    const folder = await store.newFolder().catch((error: unknown) => {
      onProblem(asProblem(error, store.folder));
      return null;
    });
    if (folder === null) return;
    const remove = async (): Promise<void> => await rm(folder, { recursive: true, force: true });
    try {
      const file = join(folder, FILE);
      const { id } = await machine.save();
      try {
        await machine.exportSnapshot(id, file);
      } finally {
        await machine.forget(id);
      }
      const putting = store
        .put({ key, engine: engine.name, identity, time: at, files: { [FILE]: file } })
        .then(() => timeline.stored({ at, key }))
        .catch((error: unknown) => onProblem(asProblem(error, store.folder)))
        .finally(remove);
      this.#storing.push(putting);
    } catch (error) {
      await remove();
      onProblem(asProblem(error, store.folder));
    }
  }

  /** Takes the snapshot that an entry is, and holds it. */
  async save(entry: Entry): Promise<EngineSnapshot> {
    const { before } = entry;
    if (before === null || entry.input === null) throw new Error('the beginning of a journal is no snapshot');
    const machine = await this.reach(before, entry.at);
    await machine.input(entry.input);
    this.#entry = entry;
    await this.#note(machine, entry);
    const snapshot = await machine.save();
    this.#held.set(entry.key, snapshot.id);
    return snapshot;
  }

  /** Whether it runs, and is at that instant. */
  isAt({ key }: Entry, at: GuestTime): boolean {
    return this.#machine !== null && this.#entry?.key === key && this.#machine.now === at;
  }

  async exportSnapshot(entry: Entry, file: string): Promise<void> {
    const machine = await this.reach(entry, entry.at);
    const id = this.#held.get(entry.key) ?? (await machine.save()).id;
    this.#held.set(entry.key, id);
    await machine.exportSnapshot(id, file);
  }

  async forget({ key }: Entry): Promise<void> {
    const id = this.#held.get(key);
    this.#held.delete(key);
    if (id !== undefined) await this.#machine?.forget(id);
  }

  async #end(): Promise<void> {
    const machine = this.#machine;
    this.#machine = null;
    this.#entry = null;
    this.#held.clear();
    await machine?.[Symbol.asyncDispose]();
  }

  /** Ends it at once, and waits for what is being stored. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    try {
      await this.#end();
    } finally {
      await Promise.all(this.#storing);
    }
  }
}

function traceOf(machine: EngineMachine): NonNullable<EngineMachine['trace']> {
  if (machine.trace === undefined) throw new Error('a bit-exact engine whose machines cannot be traced');
  return machine.trace.bind(machine);
}
