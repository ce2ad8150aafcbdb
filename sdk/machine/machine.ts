/** A machine: the public face over an engine's running machine. */
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { AsyncLocalStorage } from 'node:async_hooks';
import type {
  Answers,
  Capabilities,
  ClockKind,
  DiskBlocks,
  DiskWrites,
  Drive,
  EngineEvent,
  EngineMachine,
  GuestTime,
  Memoised,
  Input,
  PowerState,
  Question,
  SnapshotPath,
  StateHash,
} from '../engines/engine.js';
import { diskStalled, type Stall } from '../engines/stalled.js';
import { GuestwrightError, type Failure } from '../errors.js';
import { MachineFiles } from '../files/files.js';
import type { AnswerServer } from '../network/answer-server.js';
import { GuestKeyboard, type KeyboardState } from '../input/keyboard.js';
import { GuestHands } from '../input/hands.js';
import { GuestPointer, type PointerState } from '../input/pointer.js';
import type { SerialState } from '../serial/console.js';
import { createShell } from '../serial/create-shell.js';
import type { MachineShell, ShellState } from '../serial/shell.js';
import { makeFrame, type Frame } from '../screen/frame.js';
import type { FrameReader } from '../screen/reader.js';
import { wordScreen } from '../screen/word-screen.js';
import { MachineClock } from './clock.js';
import { openFloppy, openRemovable, removableMedia } from './hardware.js';
import { findPanic } from './guest-panic.js';
import type { GoldenSource } from './golden-locator.js';
import { InOrder } from './in-order.js';
import { Invariants } from './invariants.js';
import type { MachinePort } from './port.js';
import { MachinePorts } from './ports.js';
import { noPowerButton, SHUTDOWN_MS, shutdownUnanswered } from './shutdown.js';
import { removeRunDirectory, runDirectoryFor } from './run-directory.js';
import { MachineScreen } from './screen.js';
import { parseMedia, type MachineSpec, type Media, type ParsedMedia } from './spec.js';
import type {
  Action,
  ActionHook,
  ForkOptions,
  Http,
  JournalEntry,
  Machine,
  MachineState,
  OutputPort,
  ScreenInvariant,
  Serial,
  Snapshot,
  Timeouts,
  WaitOptions,
} from './types.js';

/** Set while an action runs: what it calls in turn belongs to it. */
const within = new AsyncLocalStorage<GuestMachine>();

/** What is left of something that did not come to its end. */
interface Abandonable {
  abandon(): Promise<void>;
}

export interface MachineParts {
  id: string;
  name: string;
  engineName: string;
  engine: EngineMachine;
  spec: MachineSpec;
  timeouts: Timeouts;
  runDirectory: string;
  ownsRunDirectory: boolean;
  onAction: ActionHook | null;
  /** Serves files to the guest; belongs to the machine. */
  answers: AnswerServer | null;
  /** Where the machine is recorded; null: it is not. */
  recording: Abandonable | null;
  reader: FrameReader;
  goldens: GoldenSource;
  onFork?: ((fork: Machine) => void) | null;
  onFrame?: ((frame: Frame, machine: Machine) => void) | null;
}

/** What a revert brings back on this side of the engine. */
interface OwnState {
  keyboard: KeyboardState;
  pointer: PointerState;
  ports: SerialState[];
  shell: ShellState;
  journal: number;
  media: ParsedMedia;
}

/** What of it can be kept outside of the machine. */
export type KeptState = Omit<OwnState, 'journal'>;

class MachineSnapshot implements Snapshot {
  constructor(
    readonly id: string,
    readonly name: string,
    readonly time: GuestTime,
    readonly bytes: number,
    readonly parent: Snapshot | null,
    readonly machine: GuestMachine,
    readonly own: OwnState,
  ) {}

  async fork(options: ForkOptions = {}): Promise<Machine> {
    return await this.machine.fork(this, options);
  }
}

export class GuestMachine implements Machine, MachinePort {
  readonly id: string;
  readonly name: string;
  readonly engine: string;
  readonly capabilities: Capabilities;
  readonly engineDetail: string | null;
  readonly spec: MachineSpec;
  readonly timeouts: Timeouts;
  readonly clock: MachineClock;
  readonly screen: MachineScreen;
  readonly keyboard: GuestKeyboard;
  readonly pointer: GuestPointer;
  readonly hands: GuestHands;
  readonly serial: Serial;
  readonly shell: MachineShell;
  readonly files: MachineFiles;
  readonly invariants: Invariants;
  readonly journal: JournalEntry[] = [];
  failure: Failure | null = null;

  readonly #engine: EngineMachine;
  readonly #ports: MachinePorts;
  readonly #onAction: ActionHook | null;
  readonly #calls = new InOrder();
  readonly #ownsRunDirectory: boolean;
  readonly #runDirectory: string;
  #power: PowerState = 'running';
  #paused = false;
  /** It is paused because a write to a disk failed on the host. */
  #stall: Stall | null = null;
  #disposed: Promise<void> | null = null;
  #clockKind: ClockKind;
  #media: ParsedMedia;
  readonly snapshots: Snapshot[] = [];
  /** What it was last at. */
  #lastSnapshot: Snapshot | null = null;
  #forks = 0;
  readonly #parts: MachineParts;
  readonly #answers: AnswerServer | null;
  readonly #recording: Abandonable | null;

  constructor(parts: MachineParts) {
    this.#parts = parts;
    this.id = parts.id;
    this.name = parts.name;
    this.engine = parts.engineName;
    this.#engine = parts.engine;
    this.capabilities = parts.engine.capabilities;
    this.engineDetail = parts.engine.description ?? null;
    this.spec = parts.spec;
    this.timeouts = parts.timeouts;
    this.#runDirectory = parts.runDirectory;
    this.#ownsRunDirectory = parts.ownsRunDirectory;
    this.#onAction = parts.onAction;
    this.#answers = parts.answers;
    this.#recording = parts.recording;
    this.#clockKind = parts.spec.clock;
    this.#media = { floppy: parts.spec.floppy, cdrom: parts.spec.cdrom, boot: parts.spec.boot };
    this.clock = new MachineClock(this);
    this.pointer = new GuestPointer(this);
    this.hands = new GuestHands(this, this.pointer);
    this.screen = new MachineScreen({
      port: this,
      pointer: this.pointer,
      reader: parts.reader,
      goldens: parts.goldens,
      onFrame: (frame) => parts.onFrame?.(frame, this),
    });
    this.invariants = new Invariants(parts.reader, () => this.screen.current());
    this.keyboard = new GuestKeyboard(this, this.screen, parts.answers?.variables);
    this.#ports = new MachinePorts(this);
    this.serial = this.serialPort(0);
    this.shell = createShell(this, {
      ports: (device, index) => this.#ports.at(device, index),
      keyboard: this.keyboard,
      screen: this.screen,
    });
    this.files = new MachineFiles(this, this.shell);
    this.#engine.onEvent((event) => this.#notice(event));
  }

  get state(): MachineState {
    if (this.#disposed !== null) return 'disposed';
    return this.#power === 'running' && this.#paused ? 'paused' : this.#power;
  }

  /** Made when something first asks for it: most machines leave no files. */
  get runDirectory(): string {
    if (this.#disposed === null) mkdirSync(this.#runDirectory, { recursive: true });
    return this.#runDirectory;
  }

  get http(): Http {
    if (this.#answers !== null) return this.#answers;
    throw new GuestwrightError(`${this.name} has no web server for its guest`, {
      kind: 'usage',
      code: 'http-missing',
      expected: 'a machine on QEMU with network: { http: true } in its spec',
      seen: 'a spec without it',
      next: "give the machine network: { http: true } (engine 'qemu'); docs/answer-files.md has an example",
    });
  }

  get now(): GuestTime {
    return this.#engine.now;
  }

  get memoised(): Memoised | null {
    return this.#engine.memoised ?? null;
  }

  get clockKind(): ClockKind {
    return this.#clockKind;
  }

  /** Whether the guest runs only while something waits for it. */
  get #standsBetween(): boolean {
    return this.#clockKind === 'stepped' || this.#clockKind === 'virtual';
  }

  /** Hex SHA-256 of everything but the inputs that can change what the machine does. */
  get identity(): string {
    return this.#engine.identity;
  }

  serialPort(index: number): Serial {
    return this.#ports.at('serial', index);
  }

  parallelPort(index: number): OutputPort {
    return this.#ports.at('parallel', index);
  }

  virtioConsole(index: number): Serial {
    return this.#ports.at('console', index);
  }

  async act<T>(action: Action, run: () => Promise<T>): Promise<T> {
    if (within.getStore() === this) return await run();
    // Calls made at once are carried out one after the other; a machine that runs by itself takes them as they come.
    const inOrder = async (): Promise<T> =>
      within.run(this, () => (this.#standsBetween ? this.#calls.run(run) : run()));
    return await (this.#onAction === null ? inOrder() : this.#onAction(action, inOrder, this));
  }

  async input(input: Input, options: { secret?: boolean } = {}): Promise<{ at: GuestTime }> {
    const { at } = await this.runnable(`the input ${input.kind}`).input(input);
    this.journal.push({ at, input, ...(options.secret === true ? { secret: true } : {}) });
    return { at };
  }

  async observe<K extends Question['kind']>(question: Extract<Question, { kind: K }>): Promise<Answers[K]> {
    this.#assertNotDisposed();
    return await this.#engine.observe<K>(question);
  }

  runnable(what: string): EngineMachine {
    this.#assertNotDisposed();
    if (this.state === 'paused') {
      if (this.#stall !== null) throw diskStalled(this.#stall);
      throw new GuestwrightError(`${this.name} is paused`, {
        kind: 'usage',
        code: 'machine-paused',
        expected: what,
        seen: 'the machine is paused: guest time stands still',
        next: 'await machine.resume() first',
      });
    }
    return this.#engine;
  }

  #assertNotDisposed(): void {
    if (this.#disposed === null) return;
    throw new GuestwrightError(`${this.name} has been disposed`, {
      kind: 'usage',
      code: 'machine-disposed',
      next: 'await every call on the machine before its test or its owner ends',
    });
  }

  #assertState(call: string, ...allowed: MachineState[]): void {
    this.#assertNotDisposed();
    if (allowed.includes(this.state)) return;
    throw new GuestwrightError(`${this.name} cannot ${call} now`, {
      kind: 'usage',
      code: 'wrong-state',
      expected: `a machine that is ${allowed.join(' or ')}`,
      seen: `it is ${this.state}`,
      next: NEXT_STEP[this.state],
    });
  }

  async stopped(what: string): Promise<GuestwrightError> {
    const { state } = this;
    const { detail } = await this.observe({ kind: 'power' });
    const panic = await this.#panic();
    const said = panic === null ? '' : `; the kernel said ${panic}`;
    const screen = wordScreen(await this.observe({ kind: 'screen' }));
    const summary = {
      off: `${this.name} powered off`,
      halted: `${this.name} halted`,
      crashed: `${this.name} crashed`,
    }[state as 'off' | 'halted' | 'crashed'];
    const error = new GuestwrightError(`${summary} while waiting for ${what}`, {
      kind: 'guest',
      code: state === 'off' ? 'powered-off' : state,
      expected: what,
      seen: `${detail ?? state}${said} at guest time ${this.now} ms; the screen then:\n${screen}`,
      next: STOPPED_NEXT[state as 'off' | 'halted' | 'crashed'],
    });
    this.failure ??= error.failure;
    return error;
  }

  async panicked(what: string, waited: number): Promise<GuestwrightError | null> {
    const panic = await this.#panic();
    if (panic === null) return null;
    const error = new GuestwrightError(`${this.name} crashed while waiting for ${what}`, {
      kind: 'guest',
      code: 'crashed',
      expected: what,
      seen: `the kernel said ${panic}; nothing else came in ${waited} guest ms (guest time ${this.now} ms)`,
      next: STOPPED_NEXT.crashed,
    });
    this.failure ??= error.failure;
    return error;
  }

  /** The last words of the guest's kernel and where they stand; null when it is not known to have given up. */
  async #panic(): Promise<string | null> {
    const places: [string, () => Promise<readonly string[]>][] = [
      ['on the screen', async () => await this.#exactLines()],
      ...this.#ports.all.map((port): [string, () => Promise<readonly string[]>] => [
        `on ${port.name}`,
        async () => await port.lines(),
      ]),
    ];
    for (const [where, lines] of places) {
      try {
        const words = findPanic(await lines());
        if (words !== null) return `"${words}" (${where})`;
      } catch (error) {
        // An explanation that cannot be had must not take the place of what it would explain.
        if (!(error instanceof GuestwrightError)) throw error;
      }
    }
    return null;
  }

  /** Not the frame that the screen keeps: of a machine that has stopped it would be kept too long. */
  async #exactLines(): Promise<string[]> {
    const frame = makeFrame(await this.observe({ kind: 'screen' }), this.now);
    return (await this.screen.reader.exact(frame)).rows.map(({ text }) => text);
  }

  #notice(event: EngineEvent): void {
    if (event.kind === 'power') this.#power = event.state;
    if (event.kind === 'stalled') {
      this.#paused = true;
      this.#stall = event;
    }
    if (event.kind === 'failed' && this.#disposed === null) {
      const { error } = event;
      this.failure ??=
        error instanceof GuestwrightError
          ? error.failure
          : { kind: 'infrastructure', code: 'engine-failed', seen: error.message };
    }
  }

  async start(media: Media = {}): Promise<void> {
    await this.act({ name: 'machine.start', title: 'Start the machine', params: { ...media } }, async () => {
      const given = parseMedia(media);
      this.#assertState('be started', 'off');
      const next = { ...this.#media, ...given };
      await this.input({ kind: 'power', action: 'on', media: await removableMedia(next, this.spec) });
      this.#media = next;
      this.#power = 'running';
      this.#runsAgain();
      this.#forgetDevices();
    });
  }

  async pause(): Promise<void> {
    await this.act({ name: 'machine.pause', title: 'Pause the machine', params: {} }, async () => {
      this.#assertState('be paused', 'running');
      if (this.#clockKind === 'paced') await this.input({ kind: 'clock', clock: 'stepped' });
      if (this.#clockKind === 'free') await this.input({ kind: 'power', action: 'pause' });
      this.#paused = true;
    });
  }

  async resume(): Promise<void> {
    await this.act({ name: 'machine.resume', title: 'Resume the machine', params: {} }, async () => {
      this.#assertState('be resumed', 'paused');
      const isStalled = this.#stall !== null;
      this.#runsAgain();
      if (this.#clockKind === 'paced') await this.input({ kind: 'clock', clock: 'paced' });
      if (this.#clockKind === 'free' || isStalled) await this.input({ kind: 'power', action: 'resume' });
    });
  }

  #runsAgain(): void {
    this.#paused = false;
    this.#stall = null;
  }

  async reset(): Promise<void> {
    await this.act({ name: 'machine.reset', title: 'Reset the machine', params: {} }, async () => {
      this.#assertState('be reset', 'running', 'halted', 'crashed');
      await this.input({ kind: 'power', action: 'reset' });
      this.#power = 'running';
      this.#forgetDevices();
    });
  }

  async powerOff(): Promise<void> {
    await this.act({ name: 'machine.powerOff', title: 'Power off the machine', params: {} }, async () => {
      this.#assertState('be powered off', 'running', 'paused', 'halted', 'crashed', 'off');
      this.#assertNotDisposed();
      if (this.#power !== 'off') {
        // It may be paused, and stays that where its disks cannot be written.
        const { at } = await this.#engine.input({ kind: 'power', action: 'off' });
        this.journal.push({ at, input: { kind: 'power', action: 'off' } });
      }
      this.#runsAgain();
      this.#power = 'off';
      this.screen.forget();
    });
  }

  async pressPowerButton(): Promise<void> {
    await this.act({ name: 'machine.pressPowerButton', title: 'Press the power button', params: {} }, async () => {
      await this.#pressPowerButton();
    });
  }

  async #pressPowerButton(): Promise<void> {
    this.#assertState('be shut down', 'running', 'halted');
    if (!this.capabilities.powerButton) throw noPowerButton(this.name, this.engine);
    await this.input({ kind: 'power', action: 'button' });
  }

  async shutdown({ timeout = SHUTDOWN_MS }: WaitOptions = {}): Promise<void> {
    await this.act({ name: 'machine.shutdown', title: 'Shut the guest down', params: { timeout } }, async () => {
      await this.#pressPowerButton();
      await this.clock.waitUntil({
        what: 'the guest to shut down',
        on: [],
        check: async () => ((await this.observe({ kind: 'power' })).state === 'off' ? true : undefined),
        survivesPowerOff: true,
        timeout,
        onTimeout: async (waited) => {
          const screen = wordScreen(await this.observe({ kind: 'screen' }));
          return shutdownUnanswered(this.name, `it is ${this.state} ${waited} guest ms later; the screen:\n${screen}`);
        },
      });
    });
  }

  async waitForPowerOff(options: WaitOptions = {}): Promise<void> {
    const action = { name: 'machine.waitForPowerOff', title: 'Wait for power-off', params: { ...options } };
    await this.act(action, async () => {
      await this.clock.waitUntil({
        what: 'the guest to power off',
        on: [],
        check: async () => ((await this.observe({ kind: 'power' })).state === 'off' ? true : undefined),
        survivesPowerOff: true,
        ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
        onTimeout: async (waited) => this.#stillOn(waited),
      });
    });
  }

  async #stillOn(waited: number): Promise<GuestwrightError> {
    const screen = wordScreen(await this.observe({ kind: 'screen' }));
    return new GuestwrightError(`${this.name} did not power off`, {
      kind: 'assertion',
      code: 'not-powered-off',
      expected: 'the guest to power off',
      seen: `it is ${this.state} after ${waited} guest ms (guest time ${this.now} ms); the screen:\n${screen}`,
      next: 'give it longer with { timeout } (guest ms), or look for what holds up its shutdown',
    });
  }

  async insert(drive: Drive, ref: string | null): Promise<void> {
    const title = ref === null ? `Take the medium out of ${drive}` : `Insert ${ref} into ${drive}`;
    await this.act({ name: 'machine.insert', title, params: { drive, medium: ref } }, async () => {
      this.#assertState('change media', 'running', 'halted');
      const isFloppy = drive !== 'cdrom0';
      const present = isFloppy
        ? drive === 'floppy0' && this.#media.floppy !== undefined
        : this.#media.cdrom !== undefined;
      if (!present) throw noDrive(this.name, drive);
      const medium = ref === null ? null : await (isFloppy ? openFloppy(ref) : openRemovable(ref));
      await this.input({ kind: 'media', drive, medium });
      this.screen.forget();
      this.#media = { ...this.#media, ...(isFloppy ? { floppy: ref } : { cdrom: ref }) };
    });
  }

  async snapshot(name = `snapshot ${this.snapshots.length + 1}`): Promise<Snapshot> {
    return this.act({ name: 'machine.snapshot', title: `Snapshot "${name}"`, params: { name } }, async () => {
      this.#assertState('be saved', 'running', 'paused', 'halted', 'off');
      const { id, time, bytes } = await this.#engine.save();
      this.journal.push({ at: time, input: { kind: 'snapshot' } });
      const snapshot = new MachineSnapshot(id, name, time, bytes, this.#lastSnapshot, this, this.#ownState());
      this.snapshots.push(snapshot);
      this.#lastSnapshot = snapshot;
      return snapshot;
    });
  }

  /**
   * @param disks what is on a disk instead of what the snapshot has there, by its index; for sweeps
   * @param quiet it is nobody's but the caller's, and makes no steps
   */
  async fork(
    snapshot: Snapshot,
    { name, disks, quiet }: ForkOptions & { disks?: ReadonlyMap<number, DiskBlocks>; quiet?: boolean } = {},
  ): Promise<Machine> {
    const title = `Fork "${snapshot.name}"`;
    const run = async (): Promise<Machine> => {
      const { id: from, own } = this.#ownSnapshot(snapshot);
      const served = this.#answers !== null;
      if (this.#engine.fork === undefined || served || this.#recording !== null) throw noFork(this.name, served);
      const id = randomUUID();
      const runDirectory = runDirectoryFor(id);
      const engine = await this.#engine.fork(from, { runDirectory, ...(disks === undefined ? {} : { disks }) });
      const fork = new GuestMachine({
        ...this.#parts,
        id,
        name: name ?? `${this.name}-fork-${++this.#forks}`,
        engine,
        runDirectory,
        ownsRunDirectory: true,
        ...(quiet === true ? { onAction: null } : {}),
      });
      fork.journal.push(...this.journal.slice(0, own.journal));
      await fork.#adopt(own);
      if (quiet !== true) this.#parts.onFork?.(fork);
      return fork;
    };
    const action = { name: 'snapshot.fork', title, params: { name: snapshot.name } };
    // Forks do not wait for each other, nor for what their machine does meanwhile.
    const hook = within.getStore() === this ? null : this.#onAction;
    return hook === null ? await run() : await hook(action, run, this);
  }

  /** Notes what the guest writes to a disk from now on. @throws GuestwrightError `usage/writes-unsupported`, `usage/disk-missing` */
  async beginWrites(disk: number): Promise<void> {
    const engine = this.runnable('writes to a disk');
    if (engine.beginWrites === undefined) throw noWrites(this.name, this.engine);
    if (this.spec.disks[disk] === undefined) throw noDisk(this.name, disk, this.spec.disks.length);
    await engine.beginWrites(disk);
  }

  /** What it wrote. @throws GuestwrightError `usage/writes-unwatched` when the machine went back to a snapshot meanwhile */
  async endWrites(): Promise<DiskWrites> {
    const engine = this.runnable('writes to a disk');
    if (engine.endWrites === undefined) throw noWrites(this.name, this.engine);
    return await engine.endWrites();
  }

  #ownState(): OwnState {
    return {
      keyboard: this.keyboard.save(),
      pointer: this.pointer.save(),
      ports: this.#ports.save(),
      shell: this.shell.save(),
      journal: this.journal.length,
      media: this.#media,
    };
  }

  async revert(snapshot: Snapshot): Promise<void> {
    const params = { name: snapshot.name };
    await this.act({ name: 'machine.revert', title: `Revert to "${snapshot.name}"`, params }, async () => {
      const { id, own } = this.#ownSnapshot(snapshot);
      // It may stall again at once.
      this.#runsAgain();
      await this.#engine.restore(id);
      this.#lastSnapshot = snapshot;
      await this.#adopt(own);
    });
  }

  /** The engine is at a snapshot. */
  async #adopt(own: OwnState): Promise<void> {
    this.keyboard.restore(own.keyboard);
    this.pointer.restore(own.pointer);
    this.shell.restore(own.shell);
    this.screen.forget();
    this.#ports.restore(own.ports);
    this.journal.length = own.journal;
    this.#media = own.media;
    this.failure = null;
    this.#power = (await this.observe({ kind: 'power' })).state;
  }

  #ownSnapshot(snapshot: Snapshot): MachineSnapshot {
    this.#assertNotDisposed();
    if (snapshot instanceof MachineSnapshot && snapshot.machine === this) return snapshot;
    throw foreignSnapshot(this.name, snapshot);
  }

  /** Writes the engine's part of a snapshot to a file, and gives what has to be kept beside it. */
  async exportSnapshot(snapshot: Snapshot, file: string): Promise<KeptState> {
    const { id, own } = this.#ownSnapshot(snapshot);
    await this.#engine.exportSnapshot(id, file);
    const { keyboard, pointer, ports, shell, media } = own;
    return { keyboard, pointer, ports, shell, media };
  }

  /** Takes in what `exportSnapshot` gave of a machine of the same identity, to be reverted to. Nothing changes before that. */
  async importSnapshot(file: string, name: string, kept: KeptState): Promise<Snapshot> {
    this.#assertNotDisposed();
    const { id, time, bytes } = await this.#engine.importSnapshot(file);
    // No input of this machine's led there.
    return new MachineSnapshot(id, name, time, bytes, null, this, { ...kept, journal: 0 });
  }

  /** The snapshot cannot be reverted to any more. */
  async forget(snapshot: Snapshot): Promise<void> {
    await this.#engine.forget(this.#ownSnapshot(snapshot).id);
  }

  async saveState(file: string): Promise<void> {
    await this.act({ name: 'machine.saveState', title: `Save the state to ${file}`, params: { file } }, async () => {
      this.#assertState('be saved', 'running', 'paused', 'halted', 'off');
      const { id, time } = await this.#engine.save();
      this.journal.push({ at: time, input: { kind: 'snapshot' } });
      try {
        await this.#export(id, time, file);
      } finally {
        await this.#engine.forget(id);
      }
    });
  }

  async #export(id: string, time: GuestTime, to: string): Promise<void> {
    const { saveToStore, stateReference } = await import('../snapshots/state-reference.js');
    const reference = stateReference(to);
    const write = async (path: string): Promise<void> => await this.#engine.exportSnapshot(id, path);
    if (reference.kind === 'file') await write(reference.path);
    else {
      const { engine } = this;
      const { identity } = this.#engine;
      await saveToStore(reference.name, { engine, identity, time, path: this.#pathOf(id) }, write);
    }
  }

  /** Without what is secret. */
  #pathOf(id: string): SnapshotPath | null {
    const path = this.#engine.pathOf?.(id);
    if (path === undefined) return null;
    // The first is the beginning, which no input led to.
    const known = path.journal.length === this.journal.length + 1;
    const journal = path.journal.map((entry, i) =>
      i === 0 || (known && this.journal[i - 1]?.secret !== true) ? entry : { ...entry, input: null },
    );
    return { key: path.key, journal };
  }

  async stateHash(): Promise<StateHash> {
    return this.act({ name: 'machine.stateHash', title: 'Hash the state', params: {} }, async () =>
      this.observe({ kind: 'stateHash' }),
    );
  }

  /** A machine that was just launched from a saved state: what the guest had said by then has been heard. */
  async adoptState(): Promise<void> {
    this.#power = (await this.observe({ kind: 'power' })).state;
    await this.#ports.skip();
  }

  #forgetDevices(): void {
    this.keyboard.restore();
    this.pointer.restore();
    this.shell.forget();
    this.screen.forget();
  }

  always(check: (screen: ScreenInvariant) => Promise<void>): () => void {
    return this.invariants.add(check);
  }

  onEvent(listener: (event: EngineEvent) => void): () => void {
    return this.#engine.onEvent(listener);
  }

  async dispose(): Promise<void> {
    this.#disposed ??= this.#end();
    await this.#disposed;
  }

  async #end(): Promise<void> {
    try {
      await this.#engine[Symbol.asyncDispose]();
    } finally {
      await this.#answers?.[Symbol.asyncDispose]();
      await this.#recording?.abandon();
      if (this.#ownsRunDirectory) await removeRunDirectory(this.#runDirectory);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

const NEXT_STEP: Record<MachineState, string> = {
  off: 'await machine.start() first',
  running: 'await machine.powerOff(), or wait for the guest to power off',
  paused: 'await machine.resume() first',
  halted: 'await machine.reset(), or machine.powerOff() and machine.start()',
  crashed: 'await machine.reset(), or machine.powerOff() and machine.start()',
  disposed: 'launch another machine',
};

const STOPPED_NEXT: Record<'off' | 'halted' | 'crashed', string> = {
  off: 'if it should power off here, wait for that: machine.waitForPowerOff() or expect(machine).toBePoweredOff()',
  halted: 'if it should stop here, wait for no more; otherwise look at what the screen says',
  crashed: 'look at the screen and the serial log in the report; machine.reset() starts it again',
};

function noDrive(machine: string, drive: Drive): GuestwrightError {
  const field = drive === 'cdrom0' ? 'cdrom' : 'floppy';
  return new GuestwrightError(`${machine} has no drive ${drive}`, {
    kind: 'usage',
    code: 'drive-missing',
    expected: `a machine that was launched with the drive`,
    seen: `a spec without \`${field}\``,
    next: drive === 'floppy1' ? 'use floppy0' : `launch it with { ${field}: null } for an empty drive`,
  });
}

function noFork(machine: string, served: boolean): GuestwrightError {
  return new GuestwrightError(`${machine} cannot be forked`, {
    kind: 'usage',
    code: 'fork-unsupported',
    expected: 'a machine whose guest stands alone',
    seen: served ? 'one that serves files to its guest (network: { http: true })' : 'one whose run is recorded',
    next: served ? 'leave `http` out of its network' : 'leave `record: true` out of its spec',
  });
}

function noDisk(machine: string, disk: number, disks: number): GuestwrightError {
  return new GuestwrightError(`${machine} has no disk ${disk}`, {
    kind: 'usage',
    code: 'disk-missing',
    expected: disks === 0 ? 'a machine with `disks` in its spec' : `the index of a disk: 0 to ${disks - 1}`,
    seen: `disk: ${disk}`,
    next: 'correct `disk`, or give the machine another disk in its spec',
  });
}

function noWrites(machine: string, engine: string): GuestwrightError {
  return new GuestwrightError(`The writes of ${machine} cannot be watched`, {
    kind: 'usage',
    code: 'writes-unsupported',
    expected: 'an engine that sees every write of its guest in order (v86)',
    seen: `a machine on ${engine}`,
    next: 'run the scenario on v86: a guest that finds its disk there too needs no other change',
  });
}

function foreignSnapshot(machine: string, snapshot: Snapshot): GuestwrightError {
  return new GuestwrightError(`${machine} cannot go back to "${snapshot.name}"`, {
    kind: 'usage',
    code: 'snapshot-of-another-machine',
    expected: 'a snapshot that this machine made',
    seen: 'one of another machine',
    next: 'snapshot.fork() goes on from it in another machine; machine.saveState(file) and launch({ state: file }) in any process',
  });
}
