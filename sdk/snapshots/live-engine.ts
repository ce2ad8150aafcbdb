/**
 * The engine behind a journal. It is started only when something new is asked, from the nearest snapshot on the way there,
 * carries out the inputs from there on, and adds what it sees to the timelines.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  AdvanceRequest,
  DiskWrites,
  Engine,
  EngineContext,
  EngineEvent,
  EngineMachine,
  EngineSnapshot,
  ForkContext,
  GuestTime,
  Hardware,
  JournalFacts,
} from '../engines/engine.js';
import { GuestwrightError } from '../errors.js';
import { asProblem } from './failures.js';
import { HeldSnapshots } from './held-snapshots.js';
import { leadsOn, pathTo, snapshotKey, type Entry, type SnapshotPoint } from './journal.js';
import type { SavedState, StateFile } from './state-reference.js';
import type { SnapshotStore } from './store.js';
import type { Timeline } from './timeline.js';

/** Wall ms of running after which a snapshot is stored, unless told otherwise: so much, at most, is run again. */
const STORE_AFTER_MS = 4_000;
/** Before an input it is stored after this part of that, for a scenario is changed at its inputs. */
const BEFORE_INPUT = 0.5;
/** Wall ms of running after which a snapshot is held before an input: to take one costs a tenth of it. */
const HOLD_AFTER_MS = 250;
/** Sooner where that was much guest time, so that another last step runs a small part of it, however fast the host is. */
const HOLD_AFTER_GUEST = { guestMs: 250, wallMs: 50 };
/** Those that are held are stored at the end of a run that took so many wall ms in all; less is soon done again. */
const STORE_AT_END_MS = 2_000;
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
  /** The state that it begins at; null: it begins at power-on. */
  begin: SavedState | null;
  store: SnapshotStore;
  /** Wall ms of running after which a snapshot is stored. Default: 4,000. */
  storeAfterMs?: number;
}

/** Where a machine that is a fork begins. */
export interface Origin {
  entry: Entry;
  /** A running engine that is there. @throws GuestwrightError `usage/machine-disposed` when what it was forked of is gone */
  start: (context: ForkContext) => Promise<EngineMachine>;
}

export interface LiveEngineParts extends MemoisedParts {
  timelineOf: (entry: Entry) => Promise<Timeline>;
  onEvent: (event: EngineEvent) => void;
  /** Is told what is wrong with the store: the run goes on without. */
  onProblem: (error: GuestwrightError) => void;
  /** Null: it is no fork. */
  origin: Origin | null;
}

interface Watched {
  disk: number;
  entry: Entry;
  at: GuestTime;
}

export class LiveEngine {
  readonly #parts: LiveEngineParts;
  #machine: EngineMachine | null = null;
  /** The stretch that it is in. */
  #entry: Entry | null = null;
  /** Snapshots that it holds, by the key of the entry that took them. */
  readonly #held = new Map<string, string>();
  readonly #latest = new HeldSnapshots();
  /** Wall ms that it ran: since a snapshot was stored, since one was held, and in all. */
  #wall = { sinceStored: 0, sinceHeld: 0, all: 0 };
  /** Guest ms that it ran since a snapshot was held. */
  #guestSinceHeld = 0;
  /** Requests to the engine that are not answered yet: one that is let go of in the middle of something ends at once. */
  #busy = 0;
  #hasFailed = false;
  /** Notes what is written to a disk; null: nobody does. */
  #watching: EngineMachine | null = null;
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
      if (next.input !== null) {
        await this.#keepBeforeInput(machine);
        await machine.input(next.input);
      }
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
      // What was noted was of another way.
      this.#watching = null;
      this.#entry = entry;
      return entry;
    }
    await this.#end();
    return null;
  }

  async #start(path: readonly Entry[], at: GuestTime): Promise<EngineMachine> {
    this.starts++;
    this.#wall = { sinceStored: 0, sinceHeld: 0, all: this.#wall.all };
    this.#guestSinceHeld = 0;
    const { machine, entry } = await this.#started(path, at);
    if (this.#isDisposed) {
      await machine[Symbol.asyncDispose]();
      throw new GuestwrightError('The machine has been disposed', { kind: 'usage', code: 'machine-disposed' });
    }
    machine.onEvent((event) => {
      if (event.kind !== 'failed' || this.#machine !== machine) return;
      this.#hasFailed = true;
      this.#parts.onEvent(event);
    });
    this.#machine = machine;
    this.#entry = entry;
    await this.#note(machine, entry);
    return machine;
  }

  /** As near to an instant as it can be had: from the store, from what it is a fork of, at its beginning. */
  async #started(path: readonly Entry[], at: GuestTime): Promise<{ machine: EngineMachine; entry: Entry }> {
    const { engine, hardware, context, begin, origin } = this.#parts;
    const forked = path.findIndex(({ key }) => key === origin?.entry.key);
    const point = await this.#storedOn(path, { at, from: Math.max(0, forked) });
    if (point === null && origin !== null && forked >= 0) {
      const machine = await origin.start({ runDirectory: context.runDirectory }).catch(goneAlready);
      if (machine !== null) return { machine, entry: origin.entry };
    }
    const stored = point ?? (forked > 0 ? await this.#storedOn(path, { at, from: 0 }) : null);
    await using state = stored?.state ?? (await begin?.open(context.runDirectory)) ?? null;
    const machine = await engine.start(hardware, { ...context, ...(state === null ? {} : { state: state.path }) });
    const entry = stored?.entry ?? path[0];
    if (entry === undefined) throw new Error('a journal without a beginning');
    return { machine, entry };
  }

  /**
   * The last snapshot in the store on the way to an instant, as a file. Null: there is none, or none that is whole.
   * @param from index of the first stretch that counts
   */
  async #storedOn(
    path: readonly Entry[],
    { at, from }: { at: GuestTime; from: number },
  ): Promise<{ entry: Entry; state: StateFile } | null> {
    const { store, timelineOf, onProblem } = this.#parts;
    for (const [i, entry] of [...path.entries()].slice(from).reverse()) {
      const next = path[i + 1];
      const { snapshots } = await timelineOf(entry);
      const points = snapshots.filter((point) => leadsOn(point, { next, until: at }));
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
          return { entry, state: { path: join(folder, FILE), [Symbol.asyncDispose]: remove } };
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
    const traced = await this.#request(traceOf(machine)({ limit: Math.min(limit, next), stopOn }));
    const took = performance.now() - started;
    const { sinceStored, sinceHeld, all } = this.#wall;
    this.#wall = { sinceStored: sinceStored + took, sinceHeld: sinceHeld + took, all: all + took };
    this.ran += traced.now - from;
    this.#guestSinceHeld += traced.now - from;
    const timeline = await this.#parts.timelineOf(entry);
    timeline.extend(traced.changes, traced.now);
    // One that is off stands: it is known for as long as anybody waits.
    if (traced.now < Math.min(limit, next) && traced.now === from) timeline.extend([], Math.min(limit, next));
    const { storeAfterMs = STORE_AFTER_MS } = this.#parts;
    if (traced.now === next && this.#wall.sinceStored > storeAfterMs) {
      await this.#store(machine, { entry, at: next, beforeInput: false }, null);
    }
  }

  async #request<T>(request: Promise<T>): Promise<T> {
    this.#busy++;
    try {
      return await request;
    } finally {
      this.#busy--;
    }
  }

  /** What there is at the beginning of a stretch. */
  async #note(machine: EngineMachine, entry: Entry): Promise<void> {
    const traced = await traceOf(machine)({ limit: machine.now, stopOn: [] });
    (await this.#parts.timelineOf(entry)).extend(traced.changes, traced.now);
  }

  /** What comes after an input is what is changed most often: from here it would be run again. */
  async #keepBeforeInput(machine: EngineMachine): Promise<void> {
    const entry = this.#entry;
    if (entry === null || !this.#isTimeToHold() || machine.saveBeforeInput === undefined) return;
    const snapshot = await machine.saveBeforeInput();
    if (snapshot === null) return;
    this.#wall.sinceHeld = 0;
    this.#guestSinceHeld = 0;
    const point = { entry, at: machine.now, beforeInput: true };
    const { storeAfterMs = STORE_AFTER_MS } = this.#parts;
    if (this.#wall.sinceStored > storeAfterMs * BEFORE_INPUT) await this.#store(machine, point, snapshot.id);
    else for (const { id } of this.#latest.add(point, snapshot)) await machine.forget(id);
  }

  #isTimeToHold(): boolean {
    const { sinceHeld } = this.#wall;
    const { guestMs, wallMs } = HOLD_AFTER_GUEST;
    return sinceHeld >= HOLD_AFTER_MS || (sinceHeld >= wallMs && this.#guestSinceHeld >= guestMs);
  }

  /** @param taken a snapshot that is there already; null: one is taken */
  async #store(machine: EngineMachine, point: SnapshotPoint, taken: string | null): Promise<void> {
    const key = snapshotKey(point);
    const { entry, at, beforeInput } = point;
    const timeline = await this.#parts.timelineOf(entry);
    this.#wall.sinceStored = 0;
    const { store, identity, engine, onProblem } = this.#parts;
    if (await store.has(key)) {
      timeline.stored({ at, key, beforeInput });
      if (taken !== null) await machine.forget(taken);
      return;
    }
    const folder = await store.newFolder().catch((error: unknown) => {
      onProblem(asProblem(error, store.folder));
      return null;
    });
    if (folder === null) {
      if (taken !== null) await machine.forget(taken);
      return;
    }
    const remove = async (): Promise<void> => await rm(folder, { recursive: true, force: true });
    try {
      const file = join(folder, FILE);
      const id = taken ?? (await machine.save()).id;
      try {
        await machine.exportSnapshot(id, file);
      } finally {
        await machine.forget(id);
      }
      const putting = store
        .put({ key, engine: engine.name, identity, time: at, files: { [FILE]: file } })
        .then(() => timeline.stored({ at, key, beforeInput }))
        .catch((error: unknown) => onProblem(asProblem(error, store.folder)))
        .finally(remove);
      this.#storing.push(putting);
    } catch (error) {
      await remove();
      onProblem(asProblem(error, store.folder));
    }
  }

  /** What was held of the last instants, where it is worth it. */
  async #storeLatest(): Promise<void> {
    const machine = this.#machine;
    if (machine === null || this.#hasFailed || this.#busy > 0 || this.#wall.all < STORE_AT_END_MS) return;
    for (const { id, ...point } of this.#latest.take()) await this.#store(machine, point, id);
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

  /** The snapshot that an entry is, in an engine that runs. */
  async #holding(entry: Entry): Promise<{ machine: EngineMachine; id: string }> {
    const held = this.#held.get(entry.key);
    if (held !== undefined && this.#machine !== null) return { machine: this.#machine, id: held };
    const machine = await this.reach(entry, entry.at);
    const { id } = await machine.save();
    this.#held.set(entry.key, id);
    return { machine, id };
  }

  async exportSnapshot(entry: Entry, file: string): Promise<void> {
    const { machine, id } = await this.#holding(entry);
    await machine.exportSnapshot(id, file);
  }

  /** Watches at once where it runs and is there; otherwise nothing is done before the writes are asked for. */
  async beginWrites({ disk, entry, at }: Watched): Promise<void> {
    this.#watching = this.isAt(entry, at) ? this.#machine : null;
    await this.#watching?.beginWrites?.(disk);
  }

  /** What reached the disk on the way from one instant to another. */
  async endWrites(from: Watched, to: { entry: Entry; at: GuestTime }): Promise<DiskWrites> {
    const watched = this.#watching;
    this.#watching = null;
    let machine = await this.reach(to.entry, to.at);
    if (watched !== machine) {
      machine = await this.reach(from.entry, from.at);
      await machine.beginWrites?.(from.disk);
      await this.reach(to.entry, to.at);
    }
    if (machine.endWrites === undefined) throw new Error('a bit-exact engine whose writes cannot be watched');
    return await machine.endWrites();
  }

  /** Another engine, at the snapshot that an entry is. */
  async fork(entry: Entry, context: ForkContext): Promise<EngineMachine> {
    const { machine, id } = await this.#holding(entry);
    if (machine.fork === undefined) throw new Error('a bit-exact engine whose machines cannot be forked');
    return await machine.fork(id, context);
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
    this.#latest.take();
    await machine?.[Symbol.asyncDispose]();
  }

  /** Ends it at once, and waits for what is being stored. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    try {
      await this.#storeLatest();
    } finally {
      await this.#end();
      await Promise.all(this.#storing);
    }
  }
}

/** What a fork is of may have ended before it. */
function goneAlready(error: unknown): null {
  if (error instanceof GuestwrightError && error.code === 'machine-disposed') return null;
  throw error;
}

function traceOf(machine: EngineMachine): NonNullable<EngineMachine['trace']> {
  if (machine.trace === undefined) throw new Error('a bit-exact engine whose machines cannot be traced');
  return machine.trace.bind(machine);
}
