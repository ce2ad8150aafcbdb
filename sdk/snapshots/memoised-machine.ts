/**
 * A machine of a bit-exact engine that answers from what is written down. Its inputs go into a journal, what it does between
 * two of them is a timeline; a question that a timeline answers needs no engine. Only something new starts one, from the
 * nearest snapshot, which then carries out the inputs since.
 *
 * A run that finds everything and one that finds nothing take the same way: the engine only ever adds to timelines, and
 * every answer comes from them.
 */
import type {
  AdvanceRequest,
  AdvanceResult,
  Answers,
  Capabilities,
  DiskWrites,
  EngineEvent,
  EngineMachine,
  EngineSnapshot,
  ForkContext,
  GuestTime,
  Input,
  Memoised,
  Question,
  SnapshotPath,
} from '../engines/engine.js';
import { guardFired } from '../engines/guard-fired.js';
import { GuestwrightError } from '../errors.js';
import type { ScreenContent } from '../screen/content.js';
import { asProblem } from './failures.js';
import { firstEntry, nextEntry, pathTo, plainInput, savedKey, type Entry } from './journal.js';
import { LiveEngine, type MemoisedParts, type Origin } from './live-engine.js';
import { readTimeline, touchTimeline, writeTimelines } from './timeline-files.js';
import { Timeline } from './timeline.js';
import { View } from './view.js';

interface Saved {
  entry: Entry;
  view: View;
  applied: number;
}

/** What a fork begins with. */
interface ForkStart extends Saved {
  start: Origin['start'];
  /** Shared by all that are forks of each other: what one finds out the others know. */
  timelines: Map<string, Timeline>;
}

export class MemoisedMachine implements EngineMachine {
  readonly capabilities: Capabilities;
  readonly identity: string;
  readonly #parts: MemoisedParts;
  readonly #engine: LiveEngine;
  readonly #timelines: Map<string, Timeline>;
  readonly #screens = new Map<string, ScreenContent>();
  readonly #listeners = new Set<(event: EngineEvent) => void>();
  readonly #saved = new Map<string, Saved>();
  readonly #problems: GuestwrightError[] = [];
  #snapshots = 0;
  /** From where on the writes to a disk are wanted. */
  #watched: { disk: number; entry: Entry; at: GuestTime } | null = null;
  #entry: Entry;
  #view: View;
  /** So many changes of the stretch are in the view. */
  #applied = 0;
  #turns: Promise<unknown> = Promise.resolve();
  #disposed: Promise<void> | null = null;

  constructor(parts: MemoisedParts, fork: ForkStart | null = null) {
    const { engine, identity, hardware, facts, begin } = parts;
    this.#parts = parts;
    this.capabilities = engine.capabilities;
    this.identity = identity;
    this.#entry =
      fork?.entry ??
      firstEntry(
        identity,
        begin === null ? { kind: 'power-on', media: hardware } : { kind: 'state', key: begin.key, at: begin.at },
      );
    this.#view = fork?.view.copy() ?? new View(hardware.serialPorts, facts.sampleMs, this.#entry.at);
    this.#applied = fork?.applied ?? 0;
    this.#timelines = fork?.timelines ?? new Map<string, Timeline>();
    this.#engine = new LiveEngine({
      ...parts,
      timelineOf: async (entry) => await this.#timeline(entry),
      onEvent: (event) => this.#emit(event),
      onProblem: (error) => this.#problem(error),
      origin: fork === null ? null : { entry: fork.entry, start: fork.start },
    });
  }

  get now(): GuestTime {
    return this.#view.now;
  }

  get memoised(): Memoised {
    return { ran: this.#engine.ran, starts: this.#engine.starts, problems: this.#problems };
  }

  async #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#turns.then(async () => {
      if (this.#disposed !== null) throw misuse('machine-disposed', 'The machine has been disposed');
      return await run();
    });
    this.#turns = turn.catch(() => undefined);
    return await turn;
  }

  #emit(event: EngineEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  async #timeline({ key }: Entry): Promise<Timeline> {
    const known = this.#timelines.get(key);
    if (known !== undefined) return known;
    const timeline = (await this.#stored(key)) ?? new Timeline();
    this.#timelines.set(key, timeline);
    return timeline;
  }

  async #stored(key: string): Promise<Timeline | null> {
    const { store } = this.#parts;
    try {
      const timeline = await readTimeline(store, key);
      if (timeline !== null) touchTimeline(store, key);
      return timeline;
    } catch (error) {
      this.#problem(error);
      return null;
    }
  }

  /** Each is told once. */
  #problem(error: unknown): void {
    const problem = asProblem(error, this.#parts.store.folder);
    if (!this.#problems.some(({ code }) => code === problem.code)) this.#problems.push(problem);
  }

  /** Brings the view up to what is known of this instant. @returns whether the power changed by itself */
  async #settle(): Promise<boolean> {
    const timeline = await this.#timeline(this.#entry);
    if (timeline.until < this.now) {
      await this.#engine.extend(this.#entry, { limit: this.now, stopOn: [] });
    }
    for (const [digest, content] of timeline.screens) this.#screens.set(digest, content);
    let stops = false;
    for (
      let change = timeline.changes[this.#applied];
      change !== undefined && change.at <= this.now;
      change = timeline.changes[this.#applied]
    ) {
      this.#applied++;
      this.#view.apply(change);
      if (change.kind === 'reset') this.#emit({ kind: 'reset', at: change.at });
      if (change.kind === 'power') {
        this.#emit({ kind: 'power', state: change.state, detail: change.detail, at: change.at });
        stops ||= change.at > this.#entry.at;
      }
    }
    return stops;
  }

  async advance(request: AdvanceRequest): Promise<AdvanceResult> {
    return await this.#inTurn(async () => await this.#advance(request));
  }

  async #advance({ limit, stopOn }: AdvanceRequest): Promise<AdvanceResult> {
    const { facts, context } = this.#parts;
    const started = performance.now();
    await this.#settle();
    for (;;) {
      const result = this.#view.evaluate({ limit, stopOn });
      if (result !== null) return result;
      const next = this.now + facts.quantumMs;
      const timeline = await this.#timeline(this.#entry);
      if (timeline.until < next) {
        const waited = performance.now() - started;
        if (waited > context.guardMs) throw guardFired(context.guardMs, limit - this.now);
        await this.#engine.extend(this.#entry, { limit, stopOn });
        // It may have begun where this was not known yet.
        if (timeline.until < next) continue;
      }
      this.#view.now = next;
      if (await this.#settle()) return { now: next, reason: 'power', power: this.#view.power.state };
    }
  }

  async input(input: Input): Promise<{ at: GuestTime }> {
    return await this.#inTurn(async () => {
      const at = this.now;
      if (input.kind === 'power') await this.#settle();
      if (this.#isRefused(input)) {
        // The engine says why.
        const machine = await this.#engine.reach(this.#entry, at);
        return await machine.input(input);
      }
      this.#begin(nextEntry(this.#entry, at, input));
      // Whoever listens hears of it now.
      if (input.kind === 'power') await this.#settle();
      return { at };
    });
  }

  #begin(entry: Entry): void {
    this.#entry = entry;
    this.#applied = 0;
  }

  /** @throws GuestwrightError `usage/serial-port-missing`, `usage/machine-off`: as the engine does */
  #isRefused(input: Input): boolean {
    switch (input.kind) {
      case 'key':
      case 'pointer':
      case 'media':
      case 'snapshot':
        return false;
      case 'serial':
        if ((input.device ?? 'serial') !== 'serial') return true;
        if (input.port >= this.#parts.hardware.serialPorts) throw noPort(input.port);
        return false;
      case 'power':
        if ((input.action === 'reset' || input.action === 'button') && this.#view.power.state === 'off') {
          throw misuse(
            'machine-off',
            `The ${input.action === 'reset' ? 'reset' : 'power'} button does nothing: the machine is off`,
          );
        }
        return input.action === 'pause' || input.action === 'resume';
      case 'network':
      case 'clock':
        return true;
    }
  }

  async observe<K extends Question['kind']>(question: Extract<Question, { kind: K }>): Promise<Answers[K]> {
    return await this.#inTurn(async () => {
      await this.#settle();
      return (await this.#answer(question)) as Answers[K];
    });
  }

  async #answer(question: Question): Promise<Answers[Question['kind']]> {
    const view = this.#view;
    switch (question.kind) {
      case 'screen':
        return await this.#screen(question.aside === true);
      case 'serial': {
        const read = view.readPort(question.port, question.from, question.aside);
        if (read === null) throw noPort(question.port);
        return read;
      }
      case 'keyboard':
        return { ...view.keyboard };
      case 'pointer':
        return { ...view.pointer };
      case 'power':
        return { ...view.power };
      case 'stateHash': {
        const timeline = await this.#timeline(this.#entry);
        const known = timeline.hashes.get(this.now);
        if (known !== undefined) return known;
        const hash = (await this.#ask(question)) as Answers['stateHash'];
        timeline.hash(this.now, hash);
        return hash;
      }
    }
  }

  async #screen(isAside: boolean): Promise<ScreenContent> {
    const timeline = await this.#timeline(this.#entry);
    const view = this.#view;
    // What was sampled is what is there, unless an input came at the same point.
    const isSampled = view.isSample && (this.now > this.#entry.at || this.#entry.before === null);
    const digest = timeline.looks.get(this.now) ?? (isSampled ? view.screen.digest : null);
    const known = digest === null ? undefined : this.#screens.get(digest);
    if (!isAside) view.sawScreen();
    if (known !== undefined) return known;
    const content = (await this.#ask({ kind: 'screen' })) as ScreenContent;
    timeline.look(this.now, content);
    return content;
  }

  async #ask(question: Question): Promise<Answers[Question['kind']]> {
    const machine = await this.#engine.reach(this.#entry, this.now);
    return await machine.observe(question);
  }

  async save(): Promise<EngineSnapshot> {
    return await this.#inTurn(async () => {
      await this.#settle();
      const time = this.now;
      if (this.#view.power.state === 'crashed') {
        return await (await this.#engine.reach(this.#entry, time)).save();
      }
      const before = this.#entry;
      const entry = nextEntry(before, time, { kind: 'snapshot' });
      const timeline = await this.#timeline(entry);
      // An engine that is there holds it: going back is quick then.
      if (timeline.snapshotBytes === null || this.#engine.isAt(before, time)) {
        timeline.snapshotBytes = (await this.#engine.save(entry)).bytes;
      }
      this.#begin(entry);
      await this.#settle();
      const id = `m${++this.#snapshots}`;
      this.#saved.set(id, { entry, view: this.#view.copy(), applied: this.#applied });
      return { id, time, bytes: timeline.snapshotBytes };
    });
  }

  #savedAs(id: string): Saved {
    const saved = this.#saved.get(id);
    if (saved !== undefined) return saved;
    throw misuse('snapshot-unknown', `there is no snapshot ${id}`);
  }

  async restore(id: string): Promise<void> {
    await this.#inTurn(async () => {
      const { entry, view, applied } = this.#savedAs(id);
      this.#begin(entry);
      this.#applied = applied;
      this.#view = view.copy();
      this.#view.forgetPorts();
      await Promise.resolve();
    });
  }

  async forget(id: string): Promise<void> {
    await this.#inTurn(async () => {
      const saved = this.#saved.get(id);
      this.#saved.delete(id);
      if (saved !== undefined) await this.#engine.forget(saved.entry);
    });
  }

  /**
   * Costs nothing until something new is asked of it: it goes on in the same journal. With other content on a disk it is
   * another machine, which is not memoised.
   */
  async fork(id: string, context: ForkContext): Promise<EngineMachine> {
    const saved = this.#savedAs(id);
    const start = async (given: ForkContext): Promise<EngineMachine> =>
      await this.#inTurn(async () => await this.#engine.fork(saved.entry, given));
    if (context.disks !== undefined) return await start(context);
    // It may outlive this machine, and with it what keeps the state in the store.
    const begin = (await this.#parts.begin?.hold()) ?? null;
    const parts = { ...this.#parts, begin, context: { ...this.#parts.context, runDirectory: context.runDirectory } };
    const fork = new MemoisedMachine(parts, { ...saved, start, timelines: this.#timelines });
    fork.#view.forgetPorts();
    return fork;
  }

  async beginWrites(disk: number): Promise<void> {
    await this.#inTurn(async () => {
      this.#watched = { disk, entry: this.#entry, at: this.now };
      await this.#engine.beginWrites(this.#watched);
    });
  }

  async endWrites(): Promise<DiskWrites> {
    return await this.#inTurn(async () => {
      const watched = this.#watched;
      this.#watched = null;
      if (watched === null || !pathTo(this.#entry).some(({ key }) => key === watched.entry.key)) {
        throw misuse('writes-unwatched', 'no disk was watched, or the machine went back meanwhile');
      }
      return await this.#engine.endWrites(watched, { entry: this.#entry, at: this.now });
    });
  }

  pathOf(id: string): SnapshotPath {
    const { entry } = this.#savedAs(id);
    const journal = pathTo(entry).map(({ key, at, input }) => ({
      key,
      at,
      input: input === null ? null : plainInput(input),
    }));
    return { key: savedKey(entry), journal };
  }

  async exportSnapshot(id: string, file: string): Promise<void> {
    await this.#inTurn(async () => {
      await this.#engine.exportSnapshot(this.#savedAs(id).entry, file);
    });
  }

  /** @throws GuestwrightError `usage/memoised-import` always: nothing says what led to such a state */
  async importSnapshot(file: string): Promise<EngineSnapshot> {
    return await Promise.reject(
      new GuestwrightError('A memoised machine takes in no snapshot', {
        kind: 'usage',
        code: 'memoised-import',
        expected: 'a machine that was launched from the state, or one without `memoise`',
        seen: file,
        next: 'launch({ state: … }) goes on from a state',
      }),
    );
  }

  onEvent(listener: (event: EngineEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#dispose();
    await this.#disposed;
  }

  /** Nothing is waited for but what is being written. */
  async #dispose(): Promise<void> {
    this.#listeners.clear();
    try {
      await this.#engine[Symbol.asyncDispose]();
    } finally {
      const changed = [...this.#timelines].filter(([, { changed }]) => changed);
      await writeTimelines(this.#parts.store, new Map(changed)).catch((error: unknown) => this.#problem(error));
      await this.#parts.begin?.[Symbol.asyncDispose]();
    }
  }
}

function misuse(code: string, summary: string): GuestwrightError {
  return new GuestwrightError(summary, { kind: 'usage', code });
}

function noPort(port: number): GuestwrightError {
  return misuse('serial-port-missing', `there is no serial port ${port}`);
}
