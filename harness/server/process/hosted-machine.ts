/**
 * A machine while it runs, in the process that holds its lease. Whatever it is about to do is in its status before, so that
 * whoever finds it after a kill knows what may have been left half done.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GuestwrightError } from '../../../sdk/errors.js';
import { exists } from '../../../sdk/images/files.js';
import type { EngineMachine } from '../../../sdk/engines/engine.js';
import type { Again } from '../../../sdk/machine/do-again.js';
import { launch } from '../../../sdk/machine/launch.js';
import type { Frame } from '../../../sdk/screen/frame.js';
import type { Machine } from '../../../sdk/machine/types.js';
import { encodePng } from '../../../sdk/reading/png.js';
import { toJson } from '../bytes-json.js';
import { drive } from '../drive/driven.js';
import type { Driven } from '../drive/requests.js';
import type { MachineConsole } from '../remote/machine-console.js';
import type { MachineConfig } from '../machines/config.js';
import { assertOwnFiles } from '../machines/disk-layers.js';
import { hostedSpec, isBitExact, type HostedSpec } from '../machines/hosted-spec.js';
import type { MachineFolder } from '../machines/machine-folder.js';
import { linkFile, SnapshotFolder, type HostedSnapshot } from '../machines/snapshots.js';
import { beginChanges, discardChanges } from '../machines/undo.js';
import type { HostedState, MachineStatus } from '../machines/status.js';
import { toldFailure } from '../machines/told-failure.js';
import { Cancellable } from './cancellable.js';
import { MachineJournal, readRun } from './journal.js';
import type { Handling, Live, Look, MediumChange } from './protocol.js';
import { SerialOutput, type SerialPiece, type SerialQuestion } from './serial-output.js';
import { Thumbnails } from './thumbnails.js';
import { watchedMachine, WatchedDriven, type Watched } from './watched.js';

export interface HostedMachineParts {
  folder: MachineFolder;
  config: MachineConfig;
  status: MachineStatus;
  onStatus: (status: MachineStatus) => void;
  onEvent: (kind: string, detail: string | null) => void;
  /** An event of the engine of a machine that a scenario drives, as JSON. */
  onEngine: (event: string) => void;
  /** Where people look at it. */
  console: Pick<MachineConsole, 'attach' | 'detach' | 'show' | 'stir'>;
}

/** Wall ms between two notes of how far the guest has come. */
const NOTE_EVERY_MS = 1000;
/** Wall ms after which it is kept as a whole again, so that doing it again never takes much longer than that. */
const KEEP_EVERY_MS = 300_000;

export class HostedMachine {
  readonly thumbnails = new Thumbnails(async () => await this.#frame());
  readonly #serial = new SerialOutput(() => this.#watched);
  readonly #parts: HostedMachineParts;
  readonly #hosted: HostedSpec;
  readonly #journal: MachineJournal | null;
  readonly #isBitExact: boolean;
  readonly #isDriven: boolean;
  #engine: EngineMachine | null = null;
  readonly #snapshots: SnapshotFolder;
  readonly #end: { promise: Promise<void>; resolve: () => void };
  #status: MachineStatus;
  #machine: Machine | null = null;
  /** It, as those see it who look on. */
  #watched: Watched | null = null;
  /** It began at a state. */
  #goesOn = false;
  #base: string | null = null;
  #bases = 0;
  #keptAt = 0;
  /** There were no changes to its undo disks before it began. */
  #changesBegan = false;
  #timer: NodeJS.Timeout | null = null;
  readonly #cancellable = new Cancellable();
  /** What changes the machine is done one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: HostedMachineParts) {
    const { folder, config, status } = parts;
    this.#parts = parts;
    this.#status = status;
    this.#isDriven = config.scratch !== undefined;
    this.#hosted = hostedSpec(config.spec, folder, this.#isDriven);
    this.#isBitExact = isBitExact(this.#hosted.engine);
    // A scenario's machine goes with it: nobody wants it done again.
    this.#journal = this.#isBitExact && !this.#isDriven ? new MachineJournal(folder.journal) : null;
    this.#snapshots = new SnapshotFolder(folder.snapshots);
    this.#end = withResolvers();
  }

  get status(): MachineStatus {
    return this.#status;
  }

  /** Resolves when the machine is off or saved, and nothing of it is left but its folder. */
  get ended(): Promise<void> {
    return this.#end.promise;
  }

  /** From power-on, or from where it was saved. @throws what `launch` throws: it is as it was then */
  async begin(): Promise<void> {
    const { folder } = this.#parts;
    try {
      await this.#cancellable.run(async (signal) => {
        const saved = await exists(folder.savedState);
        await this.#say(saved ? 'restoring' : 'turning-on');
        await this.#beginFrom(saved ? folder.savedState : null, signal);
      });
    } catch (error) {
      await this.#leave();
      await folder.clearRun();
      if (this.#changesBegan) await discardChanges(folder);
      const saved = await exists(folder.savedState);
      await this.#say(saved ? 'saved' : 'turned-off', null, { failure: toldFailure(error) });
      throw error;
    }
    await this.#say('running');
    await rm(folder.savedState, { force: true });
  }

  /** To where it was when its process was killed. */
  async rebuild(): Promise<void> {
    const { folder } = this.#parts;
    const was = this.#status.state;
    const run = readRun(folder.journal);
    if (run === null) throw new Error('a machine is rebuilt from a journal');
    await this.#linkDisks();
    this.#base = run.base;
    this.#bases = Number(/\d+/.exec(run.base ?? '')?.[0] ?? 0);
    await this.#launch(run.base === null ? null : join(folder.run, run.base), {
      events: run.events,
      until: run.until,
    });
    if (this.#running.state === 'off') {
      await this.#finishOff('The guest powered off.');
      return;
    }
    await this.#keep();
    if (was === 'paused') await this.#running.pause();
    await this.#say(was === 'paused' ? 'paused' : 'running', 'It was rebuilt after its process had been killed.');
    this.#parts.onEvent('rebuilt', null);
  }

  /** @param state file that it goes on from; null: it is switched on */
  async #beginFrom(state: string | null, signal?: AbortSignal): Promise<void> {
    const { folder } = this.#parts;
    await folder.clearRun();
    await mkdir(folder.disks, { recursive: true });
    await assertOwnFiles(folder.disks);
    await mkdir(folder.run, { recursive: true, mode: 0o700 });
    if (this.#parts.config.undo !== null) this.#changesBegan = await beginChanges(folder, this.#journal === null);
    await this.#linkDisks();
    this.#goesOn = state !== null;
    if (state !== null && this.#journal !== null) this.#base = await this.#baseOf(state);
    await this.#journal?.begin(this.#base);
    await this.#launch(state, null, signal);
  }

  async #launch(state: string | null, again: Again | null, signal?: AbortSignal): Promise<void> {
    const { folder, config } = this.#parts;
    const journal = this.#journal;
    this.#machine = await launch(
      { ...this.#hosted.spec, ...(state === null ? {} : { state }) },
      {
        name: config.name,
        runDirectory: join(folder.run, 'engine'),
        onFrame: (frame) => this.#parts.console.show(frame),
        ...(journal === null
          ? {}
          : {
              record: (event) => {
                journal.did(event);
              },
            }),
        ...(again === null ? {} : { again }),
        ...(this.#isDriven ? { onEngine: (engine) => this.#handOver(engine) } : {}),
        ...(signal === undefined ? {} : { signal }),
      },
    );
    this.#keptAt = Date.now();
    this.#watched =
      this.#engine === null ? watchedMachine(this.#machine) : new WatchedDriven(this.#machine.id, this.#engine);
    this.#parts.console.attach(this.#machine, this.#watched);
    this.#machine.onEvent((event) => {
      if (event.kind === 'reset') this.#parts.onEvent('reset', null);
      // That it is off is something that its scenario may wait for.
      if (event.kind !== 'reset' && !this.#isDriven) this.#look();
    });
    if (!this.#isDriven) this.#timer = setInterval(() => this.#look(), NOTE_EVERY_MS);
  }

  /** v86 writes what is on its disks beside them, and only a guest that is off has written all. */
  async #linkDisks(): Promise<void> {
    const { folder } = this.#parts;
    if (!this.#isBitExact) return;
    for (const name of this.#hosted.overlays) {
      await rm(join(folder.run, name), { force: true });
      if (await exists(join(folder.disks, name))) await linkFile(join(folder.disks, name), join(folder.run, name));
    }
  }

  /** @returns its name in the run folder */
  async #baseOf(state: string): Promise<string> {
    const base = `base-${++this.#bases}.state`;
    await linkFile(state, join(this.#parts.folder.run, base));
    return base;
  }

  /** The journal begins here: what was before is not done again. @param state that it is in at this moment, if that is a file already */
  async #keep(state?: string): Promise<void> {
    if (this.#journal === null) return;
    const { folder } = this.#parts;
    const before = this.#base;
    if (state === undefined) {
      this.#base = `base-${++this.#bases}.state`;
      await this.#running.saveState(join(folder.run, this.#base));
    } else {
      this.#base = await this.#baseOf(state);
    }
    await this.#journal.begin(this.#base);
    if (before !== null) await rm(join(folder.run, before), { force: true });
    this.#keptAt = Date.now();
  }

  /** Notes how far it is, and whether it has ended by itself. */
  #look(): void {
    void this.#inTurn(async () => {
      const machine = this.#machine;
      if (machine === null) return;
      // Its folder was removed: it is nobody's any more.
      if (!(await exists(this.#parts.folder.configFile))) {
        await this.#leave();
        this.#end.resolve();
        return;
      }
      if (machine.failure?.kind === 'infrastructure') {
        await this.#died(machine.failure.seen ?? null);
        return;
      }
      if (machine.state === 'off') {
        await this.#finishOff('The guest powered off.');
        return;
      }
      if (machine.state === 'crashed' && this.#status.state !== 'crashed') {
        await this.#say('crashed', machine.failure?.seen ?? 'The guest crashed.');
        this.#parts.onEvent('crashed', machine.failure?.seen ?? null);
      }
      if (machine.state !== 'running') return;
      // A paced guest's time is known only as of the last question.
      await machine.clock.advance(1);
      this.#journal?.seen(machine.clock.now);
      if (Date.now() - this.#keptAt > KEEP_EVERY_MS) await this.#keep();
    }).catch((error: unknown) => {
      this.#parts.onEvent('failed', error instanceof Error ? error.message : String(error));
    });
  }

  async #died(detail: string | null): Promise<void> {
    this.#parts.onEvent('engine-failed', detail);
    await this.#leave();
    await this.#say('turned-off', detail, {
      failure: { kind: 'infrastructure', code: 'engine-failed', message: detail ?? '' },
    });
    await this.#parts.folder.clearRun();
    this.#end.resolve();
  }

  async pause(): Promise<void> {
    await this.#inTurn(async () => {
      await this.#running.pause();
      await this.#say('paused');
    });
  }

  async resume(): Promise<void> {
    await this.#inTurn(async () => {
      await this.#running.resume();
      await this.#say('running');
    });
  }

  async reset(): Promise<void> {
    await this.#inTurn(async () => {
      await this.#running.reset();
      await this.#say('running');
    });
  }

  /** What comes of it is noticed as everything is that a guest does by itself. */
  async pressPowerButton(): Promise<void> {
    await this.#inTurn(async () => await this.#running.pressPowerButton());
  }

  async powerOff(): Promise<void> {
    await this.#inTurn(async () => {
      const machine = this.#running;
      await this.#say('turning-off');
      await machine.powerOff();
      await this.#finishOff('It was powered off.');
    });
  }

  async saveState(): Promise<void> {
    await this.#inTurn(async () => {
      const { folder } = this.#parts;
      const machine = this.#running;
      const { state: before, detail } = this.#status;
      await this.#say('saving');
      try {
        // Beside: under its own name it is there from the moment on at which nothing is given up any more.
        const beside = join(folder.run, 'saving.state');
        await this.#cancellable.run(async () => await machine.saveState(beside));
        await rename(beside, folder.savedState);
      } catch (error) {
        await rm(join(folder.run, 'saving.state'), { force: true });
        await this.#say(before, detail);
        throw error;
      }
      await this.#leave();
      await this.#disksAreWritten('saved', null);
    });
  }

  async snapshot(name: string): Promise<HostedSnapshot> {
    return await this.#inTurn(async () => {
      const machine = this.#running;
      const id = randomUUID();
      const { state: before, detail, current } = this.#status;
      await mkdir(this.#parts.folder.snapshots, { recursive: true });
      await this.#say('saving', `Snapshot "${name}" is being taken.`);
      try {
        await this.#cancellable.run(async () => {
          const frame = await machine.screen.frame();
          await machine.saveState(this.#snapshots.stateFile(id));
          await writeFile(this.#snapshots.pictureFile(id), encodePng(frame));
        });
        const { engine } = this.#hosted;
        const created = new Date().toISOString();
        const snapshot = { version: 1 as const, id, name, parent: current, created, time: machine.clock.now, engine };
        await this.#snapshots.add(snapshot);
        await this.#say(before, detail, { current: id });
        await this.#keep(this.#snapshots.stateFile(id));
        return snapshot;
      } catch (error) {
        await this.#snapshots.sweep();
        await this.#say(before, detail);
        throw error;
      }
    });
  }

  /** Goes back to a snapshot, and on from there. What was since is lost. */
  async revert(id: string): Promise<void> {
    await this.#inTurn(async () => {
      const { folder } = this.#parts;
      const snapshot = await this.#snapshots.find(id);
      // From here on the machine is where the snapshot is, whatever becomes of this process.
      await linkFile(this.#snapshots.stateFile(snapshot.id), folder.savedState);
      await this.#say('restoring', null, { current: snapshot.id });
      await this.#leave();
      await this.#beginFrom(folder.savedState);
      await this.#say('running');
      await rm(folder.savedState, { force: true });
    });
  }

  async removeSnapshot(id: string): Promise<void> {
    await this.#inTurn(async () => {
      const snapshot = await this.#snapshots.find(id);
      if (this.#status.current === snapshot.id) {
        await this.#say(this.#status.state, this.#status.detail, { current: snapshot.parent });
      }
      await this.#snapshots.remove(snapshot);
    });
  }

  #handOver(engine: EngineMachine): void {
    this.#engine = engine;
    engine.onEvent((event) => {
      this.#parts.onEngine(toJson(event.kind === 'failed' ? { kind: 'failed', message: event.error.message } : event));
    });
  }

  /** What a scenario has to know of it, as JSON. */
  async driven(): Promise<string> {
    const { capabilities, identity, description = null, now } = this.#drivenEngine;
    const { name, spec } = this.#parts.config;
    const { engine } = this.#hosted;
    const goesOn = this.#goesOn;
    const driven: Driven = { name, spec, engine, capabilities, identity, description, now, goesOn };
    return await Promise.resolve(toJson(driven));
  }

  /** @param request see `drive/requests.ts` */
  async drive(request: string): Promise<string> {
    try {
      return await drive(this.#drivenEngine, this.#running.spec, request);
    } finally {
      if (this.#watched instanceof WatchedDriven) this.#watched.acted();
    }
  }

  get #drivenEngine(): EngineMachine {
    if (this.#engine !== null) return this.#engine;
    throw new GuestwrightError(`${this.#parts.config.name} is not driven by a scenario`, {
      kind: 'usage',
      code: 'machine-not-driven',
      expected: 'a machine that the host has made for a scenario',
    });
  }

  /** The daemon is gone. A machine goes on without it, but not one that was made for a scenario: that has lost it as well. */
  leftAlone(): void {
    if (this.#isDriven) void this.abandon().catch(() => this.#end.resolve());
  }

  /** Ends it as it is. */
  async abandon(): Promise<void> {
    await this.#leave();
    await this.#parts.folder.clearRun();
    await this.#say('turned-off', 'Its scenario has ended.');
    this.#end.resolve();
  }

  /** Whether what it is doing could still be given up. */
  cancel(): boolean {
    return this.#cancellable.cancel();
  }

  async handle(handling: Handling): Promise<void> {
    const machine = this.#running;
    switch (handling.kind) {
      case 'type':
        await machine.keyboard.type(handling.text);
        break;
      case 'press':
        await machine.keyboard.press(handling.chord);
        break;
      case 'click':
        await machine.pointer.click(handling.x, handling.y, { button: handling.button });
    }
  }

  async insert({ drive, medium }: MediumChange): Promise<void> {
    await this.#running.insert(drive, medium);
  }

  async look(): Promise<Look> {
    const frame = await this.#frame();
    const { width, height } = frame;
    const png = Buffer.from(encodePng(frame)).toString('base64');
    const rows = frame.grid?.lines.map((line) => line.trimEnd()) ?? null;
    return { png, width, height, rows, time: frame.time };
  }

  async serialSince(question: SerialQuestion): Promise<SerialPiece> {
    return await this.#serial.since(question);
  }

  async serialWrite({ port, data }: { port: number; data: string }): Promise<void> {
    await this.#running.serialPort(port).write(Buffer.from(data, 'base64'));
  }

  live(): Live {
    const machine = this.#machine;
    return {
      status: this.#status,
      time: machine?.clock.now ?? null,
      engineDetail: machine?.engineDetail ?? null,
      pid: process.pid,
    };
  }

  async #finishOff(detail: string): Promise<void> {
    await this.#leave();
    await this.#disksAreWritten('turned-off', detail);
  }

  /** Ends the engine. Its disks are written out then. */
  async #leave(): Promise<void> {
    const machine = this.#machine;
    this.#machine = null;
    this.#watched = null;
    if (this.#timer !== null) clearInterval(this.#timer);
    // A machine that is asked something while it ends does not write its disks out.
    await Promise.all([this.#parts.console.detach(), this.#serial.leave()]);
    await machine?.dispose();
  }

  async #disksAreWritten(state: HostedState, detail: string | null): Promise<void> {
    const { folder } = this.#parts;
    await this.#say(state, detail, { disksWritten: this.#journal !== null });
    if (this.#journal !== null) await folder.takeDisks();
    await folder.clearRun();
    await this.#say(state, detail, { disksWritten: false });
    this.#end.resolve();
  }

  async #frame(): Promise<Frame> {
    // That it runs is looked at first: else it says why there is nothing to see.
    return this.#running.id === this.#watched?.id ? await this.#watched.frame() : await this.#running.screen.frame();
  }

  get #running(): Machine {
    if (this.#machine !== null) return this.#machine;
    throw new GuestwrightError(`${this.#parts.config.name} does not run`, {
      kind: 'usage',
      code: 'machine-not-running',
      expected: 'a machine that runs',
      seen: this.#status.state,
      next: 'start it',
    });
  }

  async #say(state: HostedState, detail: string | null = null, more: Partial<MachineStatus> = {}): Promise<void> {
    const since = state === this.#status.state ? this.#status.since : new Date().toISOString();
    this.#status = { ...this.#status, failure: null, ...more, state, since, detail };
    await this.#parts.folder.writeStatus(this.#status);
    this.#parts.onStatus(this.#status);
    this.#parts.console.stir();
    this.#serial.stir();
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#turn;
    const mine = before.then(work, work);
    this.#turn = mine.catch(() => undefined);
    return await mine;
  }
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
