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
import type { Stall } from '../../../sdk/engines/stalled.js';
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
import type { MachineStatus } from '../machines/status.js';
import { toldFailure } from '../machines/told-failure.js';
import { Cancellable } from './cancellable.js';
import { Heartbeat } from './heartbeat.js';
import { MachineJournal, readRun } from './journal.js';
import type { Handling, Live, Look, MediumChange } from './protocol.js';
import { isNoRoom, Room } from './room.js';
import { SerialOutput, type SerialPiece, type SerialQuestion } from './serial-output.js';
import { StatusTeller } from './status-teller.js';
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
  readonly #room: Room;
  readonly #heartbeat: Heartbeat | null;
  #engine: EngineMachine | null = null;
  readonly #snapshots: SnapshotFolder;
  readonly #end: { promise: Promise<void>; resolve: () => void };
  readonly #teller: StatusTeller;
  #machine: Machine | null = null;
  /** It, as those see it who look on. */
  #watched: Watched | null = null;
  /** It began at a state. */
  #goesOn = false;
  #base: string | null = null;
  #bases = 0;
  #keptAt = 0;
  /** Why the guest stands before a write to a disk; null: it does not. */
  #stall: string | null = null;
  /** It is off, and what is on its disks could not be written yet. */
  #waitsForRoom = false;
  /** There were no changes to its undo disks before it began. */
  #changesBegan = false;
  #timer: NodeJS.Timeout | null = null;
  readonly #cancellable = new Cancellable();
  /** What changes the machine is done one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: HostedMachineParts) {
    const { folder, config, status } = parts;
    this.#parts = parts;
    this.#isDriven = config.scratch !== undefined;
    this.#hosted = hostedSpec(config.spec, folder, this.#isDriven);
    this.#isBitExact = isBitExact(this.#hosted.engine);
    // A scenario's machine goes with it: nobody wants it done again.
    this.#journal =
      this.#isBitExact && !this.#isDriven ? new MachineJournal(folder.journal, () => this.#unjournalled()) : null;
    this.#room = new Room({ folder: folder.path, name: config.name, onEvent: parts.onEvent });
    this.#teller = new StatusTeller(folder, status, (next) => {
      parts.onStatus(next);
      parts.console.stir();
      this.#serial.stir();
    });
    const { heartbeat } = config;
    // A scenario's machine runs when that wants, and its ports are the scenario's.
    this.#heartbeat =
      heartbeat === null || this.#isDriven ? null : new Heartbeat({ ...heartbeat, onEvent: parts.onEvent });
    this.#snapshots = new SnapshotFolder(folder.snapshots);
    this.#end = withResolvers();
  }

  get status(): MachineStatus {
    return this.#teller.status;
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
        await this.#teller.say(saved ? 'restoring' : 'turning-on');
        await this.#beginFrom(saved ? folder.savedState : null, signal);
      });
    } catch (error) {
      await this.#leave();
      await folder.clearRun();
      if (this.#changesBegan) await discardChanges(folder);
      const saved = await exists(folder.savedState);
      const why = await this.#explained(error);
      await this.#teller.said(saved ? 'saved' : 'turned-off', null, { failure: toldFailure(why) });
      throw why;
    }
    await this.#sayRunning();
    await rm(folder.savedState, { force: true });
  }

  /** To where it was when its process was killed. */
  async rebuild(): Promise<void> {
    const { folder } = this.#parts;
    const was = this.status.state;
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
      await this.#finish('turned-off', 'The guest powered off.');
      return;
    }
    try {
      await this.#keep();
    } catch (error) {
      // What it was done again from goes on being its journal.
      if (!isNoRoom(error)) throw error;
      await this.#explained(error);
    }
    if (was === 'paused') await this.#running.pause();
    await this.#teller.said(
      was === 'paused' ? 'paused' : 'running',
      'It was rebuilt after its process had been killed.',
    );
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
        onEngine: (engine) => this.#handOver(engine),
        ...(signal === undefined ? {} : { signal }),
      },
    );
    this.#keptAt = Date.now();
    this.#watched =
      this.#engine === null || !this.#isDriven
        ? watchedMachine(this.#machine)
        : new WatchedDriven(this.#machine.id, this.#engine);
    this.#parts.console.attach(this.#machine, this.#watched);
    this.#machine.onEvent((event) => {
      if (event.kind === 'reset') {
        this.#heartbeat?.forget();
        this.#parts.onEvent('reset', null);
      }
      if (event.kind === 'stalled') {
        void this.#stalled(event).catch((error: unknown) => this.#failed(error));
        return;
      }
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
    const base = state === undefined ? `base-${++this.#bases}.state` : await this.#baseOf(state);
    try {
      if (state === undefined) await this.#running.saveState(join(folder.run, base));
      await this.#journal.begin(base);
    } catch (error) {
      await rm(join(folder.run, base), { force: true });
      throw error;
    }
    this.#base = base;
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
        if (!this.#waitsForRoom || (await this.#room.hasGrown())) {
          await this.#finish('turned-off', 'The guest powered off.');
        }
        return;
      }
      if (machine.state === 'crashed' && this.status.state !== 'crashed') {
        await this.#teller.said('crashed', machine.failure?.seen ?? 'The guest crashed.');
        this.#parts.onEvent('crashed', machine.failure?.seen ?? null);
      }
      if (machine.state !== 'running') return;
      // A paced guest's time is known only as of the last question.
      await machine.clock.advance(1).catch((error: unknown) => {
        // It has stalled meanwhile, and that is told by itself.
        if (!isNoRoom(error)) throw error;
      });
      this.#journal?.seen(machine.clock.now);
      await this.#heartbeat?.beat(machine);
      if (this.#journal === null || Date.now() - this.#keptAt <= KEEP_EVERY_MS) return;
      this.#keptAt = Date.now();
      await this.#keep();
    }).catch((error: unknown) => {
      if (!isNoRoom(error)) this.#failed(error);
    });
  }

  #failed(error: unknown): void {
    this.#parts.onEvent('failed', error instanceof Error ? error.message : String(error));
  }

  /** The guest stands before a write that the host could not carry out. */
  async #stalled(stall: Stall): Promise<void> {
    const overlay = this.#hosted.overlays[stall.disk ?? -1] ?? '';
    this.#stall = await this.#room.stalled(stall, join('disks', overlay));
    // A scenario is told of its own by its engine.
    if (this.#isDriven) return;
    await this.#inTurn(async () => {
      if (this.#machine?.state === 'paused') await this.#teller.said('paused', this.#stall);
    });
  }

  async #explained(error: unknown): Promise<unknown> {
    const explained = await this.#room.explain(error);
    if (explained !== error && this.#machine?.state === 'off') {
      this.#waitsForRoom = true;
      await this.#teller.said('paused', 'It is off, but the host has no room for what is on its disks.');
    }
    return explained;
  }

  #unjournalled(): void {
    this.#room
      .lacked('what it does is not written down any more: killed now, it would be as it was before')
      .catch((error: unknown) => this.#failed(error));
  }

  async #died(detail: string | null): Promise<void> {
    this.#parts.onEvent('engine-failed', detail);
    await this.#leave();
    await this.#teller.said('turned-off', detail, {
      failure: { kind: 'infrastructure', code: 'engine-failed', message: detail ?? '' },
    });
    await this.#parts.folder.clearRun();
    this.#end.resolve();
  }

  async pause(): Promise<void> {
    await this.#inTurn(async () => {
      await this.#running.pause();
      await this.#teller.said('paused');
    });
  }

  async resume(): Promise<void> {
    await this.#inTurn(async () => {
      this.#stall = null;
      await this.#running.resume();
      await this.#sayRunning();
    });
  }

  async reset(): Promise<void> {
    await this.#inTurn(async () => {
      await this.#running.reset();
      await this.#sayRunning();
    });
  }

  /** What comes of it is noticed as everything is that a guest does by itself. */
  async pressPowerButton(): Promise<void> {
    await this.#inTurn(async () => await this.#running.pressPowerButton());
  }

  async powerOff(): Promise<void> {
    await this.#inTurn(async () => {
      const machine = this.#running;
      const { state: before, detail } = this.status;
      await this.#teller.said('turning-off');
      try {
        await machine.powerOff();
        await this.#finish('turned-off', 'It was powered off.');
      } catch (error) {
        if (this.#machine !== null) await this.#teller.said(before, detail);
        throw error;
      }
    });
  }

  async saveState(): Promise<void> {
    await this.#inTurn(async () => {
      const { folder } = this.#parts;
      const machine = this.#running;
      const { state: before, detail } = this.status;
      await this.#teller.say('saving');
      // Beside: under its own name it is there from the moment on at which nothing is given up any more.
      const beside = join(folder.run, 'saving.state');
      try {
        await this.#cancellable.run(async () => await machine.saveState(beside));
        // Its disks come first: where they find no room it is not saved.
        if (this.#journal !== null) await this.#engine?.flush?.();
        await rename(beside, folder.savedState);
        await this.#finish('saved', null);
      } catch (error) {
        if (this.#machine === null) throw error;
        await rm(beside, { force: true });
        await rm(folder.savedState, { force: true });
        await this.#teller.said(before, detail);
        throw error;
      }
    });
  }

  async snapshot(name: string): Promise<HostedSnapshot> {
    return await this.#inTurn(async () => {
      const machine = this.#running;
      const id = randomUUID();
      const { state: before, detail, current } = this.status;
      await mkdir(this.#parts.folder.snapshots, { recursive: true });
      await this.#teller.say('saving', `Snapshot "${name}" is being taken.`);
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
        await this.#teller.say(before, detail, { current: id });
        await this.#keep(this.#snapshots.stateFile(id));
        return snapshot;
      } catch (error) {
        await this.#snapshots.sweep();
        await this.#teller.said(before, detail);
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
      try {
        await this.#teller.say('restoring', null, { current: snapshot.id });
      } catch (error) {
        await rm(folder.savedState, { force: true });
        throw error;
      }
      await this.#leave();
      await this.#beginFrom(folder.savedState);
      await this.#sayRunning();
      await rm(folder.savedState, { force: true });
    });
  }

  async removeSnapshot(id: string): Promise<void> {
    await this.#inTurn(async () => {
      const snapshot = await this.#snapshots.find(id);
      if (this.status.current === snapshot.id) {
        await this.#teller.say(this.status.state, this.status.detail, { current: snapshot.parent });
      }
      await this.#snapshots.remove(snapshot);
    });
  }

  #handOver(engine: EngineMachine): void {
    this.#engine = engine;
    if (!this.#isDriven) return;
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
    if (this.#engine !== null && this.#isDriven) return this.#engine;
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
    await this.#teller.said('turned-off', 'Its scenario has ended.');
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
      status: this.status,
      time: machine?.clock.now ?? null,
      engineDetail: machine?.engineDetail ?? null,
      heartbeat: this.#heartbeat?.state ?? 'none',
      pid: process.pid,
    };
  }

  /** Nothing of it is left but its folder then. @throws GuestwrightError `infrastructure/disk-full`: it is there as it was */
  async #finish(state: 'turned-off' | 'saved', detail: string | null): Promise<void> {
    const { folder } = this.#parts;
    if (this.#journal !== null) {
      await this.#engine?.flush?.();
      await this.#teller.note(state, detail, { disksWritten: true });
    }
    await this.#leave();
    if (this.#journal !== null) await folder.takeDisks();
    await folder.clearRun();
    await this.#teller.said(state, detail, { disksWritten: false });
    this.#end.resolve();
  }

  /** Ends the engine. What it has to write has been written, or nobody wants it. */
  async #leave(): Promise<void> {
    const machine = this.#machine;
    this.#machine = null;
    this.#watched = null;
    if (this.#timer !== null) clearInterval(this.#timer);
    // A machine that is asked something while it ends does not write its disks out.
    await Promise.all([this.#parts.console.detach(), this.#serial.leave()]);
    await machine?.dispose().catch((error: unknown) => {
      if (!isNoRoom(error)) throw error;
    });
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
      seen: this.status.state,
      next: 'start it',
    });
  }

  /** Unless it has stalled at once. */
  async #sayRunning(): Promise<void> {
    if (this.#running.state === 'paused') await this.#teller.said('paused', this.#stall);
    else await this.#teller.said('running');
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const explained = async (): Promise<T> => {
      try {
        return await work();
      } catch (error) {
        throw await this.#explained(error);
      }
    };
    const mine = this.#turn.then(explained, explained);
    this.#turn = mine.catch(() => undefined);
    return await mine;
  }
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
