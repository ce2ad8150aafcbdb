/**
 * A machine that QEMU runs. It runs by itself, so advancing means waiting: for what its channels announce (power, serial
 * output, keys taken) as it comes, and for its screen by looking at it.
 */
import { mkdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { GuestwrightError } from '../../errors.js';
import { PLAIN_PC } from '../engine.js';
import { assertForkable } from '../fork-errors.js';
import { diskStalled, type Stall } from '../stalled.js';
import type {
  AdvanceRequest,
  AdvanceResult,
  Answers,
  Capabilities,
  EngineContext,
  EngineEvent,
  EngineMachine,
  EngineSnapshot,
  ForkContext,
  GuestTime,
  Hardware,
  Input,
  PowerState,
  Question,
  StopReason,
} from '../engine.js';
import type { Accelerator } from './accelerator.js';
import { boardKind } from './board.js';
import { commandLine } from './command-line.js';
import { stallOf, UNEXPLAINED } from './failed-writes.js';
import { GuestClock } from './guest-time.js';
import { GuestWatch } from './guest-watch.js';
import type { Installation } from './installation.js';
import { kernelFiles, type KernelFiles } from './kernel-files.js';
import { inputEvents, type MouseButtons, type QemuEvent } from './input-events.js';
import { MachinePorts } from './machine-ports.js';
import { MachineMedia, sameMedia } from './machine-media.js';
import { MachineStates, type Incoming } from './machine-states.js';
import { disposed, machineOff, unsupported } from './misuse.js';
import { PictureFile } from './picture-file.js';
import { decideEnd, decidePower, isFirmware, isTripleFault, type PowerChange } from './power-events.js';
import { processDied, QemuProcess, type ProcessEnd } from './process.js';
import type { QemuClock } from './qemu-clock.js';
import { nothing, type QmpClient, type QmpEvent } from './qmp.js';
import { parseRegisters } from './registers.js';
import { reset } from './reset.js';
import { RunRecorder } from './run-recorder.js';
import type { SavedState } from './saved-state.js';
import { ScreenWatch } from './screen-watch.js';
import { Signal } from './signal.js';
import type { UefiFirmware } from './uefi.js';
import { guardFired, VirtualClock } from './virtual-clock.js';

/** Wall ms between two looks into the BIOS's keyboard buffer. */
const BIOS_KEYS_EVERY_MS = 4;

/** How often a snapshot waits for a reset of the guest's own: SeaBIOS has one or two after each. */
const SAVE_TRIES = 5;
/** Guest ms within which SeaBIOS, after a reset, resets once more. */
const FIRMWARE_RESETS_MS = 500;

/** Guest ms between two looks at the screen of a machine that stands meanwhile. */
const STANDING_GAPS = { soonest: 20, latest: 100 };

const status = z.object({ status: z.string() });

export interface QemuMachineParts {
  installation: Installation;
  accelerator: Accelerator;
  /** Firmware in flash memory, where the board's own is not meant. */
  uefi: UefiFirmware | null;
  /** The program of the machine's TPM; null where it has none. */
  swtpm: string | null;
  hardware: Hardware;
  context: EngineContext;
  capabilities: Capabilities;
  description: string;
  identity: string;
}

export class QemuMachine implements EngineMachine {
  readonly capabilities: Capabilities;
  readonly description: string;
  readonly identity: string;
  readonly #parts: QemuMachineParts;
  readonly #folder: string;
  readonly #clock: QemuClock;
  readonly #guest: GuestWatch;
  readonly #pictures: PictureFile;
  readonly #screen: ScreenWatch;
  readonly #ports: MachinePorts;
  readonly #listeners = new Set<(event: EngineEvent) => void>();
  readonly #signal = new Signal();
  /** What is on them outlives QEMU's process. */
  readonly #media: MachineMedia;
  readonly #states: MachineStates;
  readonly #recorder: RunRecorder | null;
  #kernel: KernelFiles | null = null;
  #process: QemuProcess | null = null;
  #power: { state: PowerState; detail: string | null } = { state: 'running', detail: null };
  #buttons: MouseButtons = { left: false, middle: false, right: false };
  /** Keys that go into one command, until it is given. */
  #keys: { events: QemuEvent[]; sent: Promise<{ at: GuestTime }> } | null = null;
  #tripleFault = false;
  /** The write that QEMU told of last that it could not carry out. */
  #failedWrite: Stall | null = null;
  /** The machine stands before that write. */
  #stalled: Stall | null = null;
  /** Guest time of the last reset. */
  #resetAt = -Infinity;
  /** What the owner has been told: only a difference to it ends a wait. */
  #told: { power: PowerState; screen: number } = { power: 'running', screen: 0 };
  /** The screen was looked at for the wait that has just ended. */
  #fresh = false;
  /** Inputs and changes of power, one after the other. */
  #order: Promise<unknown> = Promise.resolve();
  #ended: GuestwrightError | null = null;
  #disposing: Promise<void> | null = null;

  private constructor(parts: QemuMachineParts) {
    this.#parts = parts;
    this.capabilities = parts.capabilities;
    this.description = parts.description;
    this.identity = parts.identity;
    this.#folder = join(parts.context.runDirectory, 'qemu');
    this.#media = new MachineMedia(this.#folder, parts.hardware, parts.uefi?.variables ?? null);
    this.#states = new MachineStates({
      folder: this.#folder,
      identity: parts.identity,
      memoryMb: parts.hardware.memoryMb,
      installation: statesOf(parts),
      media: this.#media,
    });
    const virtual = parts.hardware.clock === 'virtual';
    const now = virtual ? () => this.now : () => performance.now();
    this.#recorder = RunRecorder.of(parts, this.#folder);
    this.#clock = this.#recorder?.clock ?? (virtual ? new VirtualClock() : new GuestClock());
    this.#guest = new GuestWatch(guestKnowledge(parts), now);
    this.#pictures = new PictureFile(this.#folder);
    const time = virtual ? { now, gaps: STANDING_GAPS } : undefined;
    this.#screen = new ScreenWatch(this.#pictures, parts.installation.fonts, time);
    this.#ports = new MachinePorts(parts.hardware, () => this.#stir());
  }

  /** @throws whatever an import of `context.state` throws; nothing is left running then */
  static async start(parts: QemuMachineParts): Promise<QemuMachine> {
    const machine = new QemuMachine(parts);
    const { state } = parts.context;
    try {
      await machine.#ports.open();
      if (state === undefined) await machine.#boot();
      else await machine.#bootFrom(state);
      return machine;
    } catch (error) {
      await machine[Symbol.asyncDispose]();
      throw error;
    }
  }

  get now(): GuestTime {
    return this.#clock.now;
  }

  /** Starts QEMU with the media that are in the drives, and lets the guest run. */
  async #boot(): Promise<void> {
    const process = await this.#spawn(null);
    this.#guest.reset();
    this.#tripleFault = false;
    this.#stalled = null;
    await this.#screen.notePlaceholder(process.qmp);
    await this.#clock.release(process.qmp);
  }

  /** @param from a saved state, which is to be loaded before the machine goes on */
  async #spawn(from: Incoming | null): Promise<QemuProcess> {
    const { installation, accelerator, uefi, swtpm, hardware, context } = this.#parts;
    const drives = await this.#media.open();
    this.#kernel ??= await kernelFiles(this.#folder, hardware.kernel);
    const process = await QemuProcess.start({
      program: installation.program,
      folder: this.#folder,
      runId: context.runId,
      ports: this.#ports.names,
      inherit: from?.stream ?? null,
      pictures: this.#pictures.inherited,
      memory: from?.kept ?? null,
      swtpm,
      args: (sockets) =>
        commandLine({
          installation,
          accelerator,
          hardware: { ...hardware, ...this.#media.removable },
          drives,
          firmware: uefi?.code ?? null,
          kernel: this.#kernel,
          sockets,
          cables: context.cables,
          incoming: from !== null,
          memory: from?.memory ?? this.#states.memoryAtBoot,
          log: this.#recorder?.nextLog ?? null,
        }),
      onLine: (line) => this.#logLine(line),
    });
    this.#process = process;
    this.#clock.forgetProcess();
    this.#recorder?.serial.forgetProcess();
    process.qmp.onEvent((event) => {
      if (this.#process === process) this.#onEvent(event);
    });
    void process.ended.then(async (end) => {
      await this.#processEnded(process, end);
    });
    this.#ports.connect(process.ports);
    return process;
  }

  /** Nothing can be asked of it any more: a guest that ended it leaves the screen that was seen last. */
  async #processEnded(process: QemuProcess, { seen, exitCode }: ProcessEnd): Promise<void> {
    if (this.#process !== process) return;
    const { platform = PLAIN_PC } = this.#parts.hardware;
    const change = decideEnd(platform.architecture, exitCode);
    if (change?.kind !== 'off') {
      this.#fail(processDied(seen));
      return;
    }
    this.#clock.stop();
    await process.heardOut();
    if (this.#process !== process) return;
    this.#process = null;
    this.#setPower('off', change.detail);
  }

  /** QEMU, running or stopped. @throws when the machine has ended */
  #qemu(): QemuProcess | null {
    if (this.#ended !== null) throw this.#ended;
    return this.#process;
  }

  /** Null: the machine is off. @throws when it has ended */
  #qmp(): QmpClient | null {
    return this.#qemu()?.qmp ?? null;
  }

  #logLine(line: string): boolean {
    if (isTripleFault(line)) this.#tripleFault = true;
    const known = this.#guest.input.line(line);
    if (known) this.#signal.notify();
    return known;
  }

  #stir(): void {
    this.#screen.stir();
    this.#signal.notify();
  }

  #onEvent(event: QmpEvent): void {
    this.#failedWrite = stallOf(event) ?? this.#failedWrite;
    const change = decidePower(event, this.#tripleFault);
    if (change === null) return;
    // Where every stretch ends in a stop, it says itself if that was not its own.
    if (this.#clock.stands && change.kind === 'stopped') return;
    this.#signal.notify();
    void this.#inOrder(async () => {
      await logIsRead();
      if (await this.#isPast(change)) return;
      await this.#powerChanged(decidePower(event, this.#tripleFault) ?? change);
    }).catch((error: unknown) => this.#failWith(error));
  }

  /**
   * Whether the guest runs again since. QEMU now and then tells twice of one reset (the processor asked once more before
   * it was stopped), and the user may have pressed the button meanwhile: a reset that is done is not to be done again.
   */
  async #isPast(change: PowerChange): Promise<boolean> {
    if (change.kind !== 'reset' && change.kind !== 'triple-fault') return false;
    const process = this.#qemu();
    if (process === null) return true;
    const { status: now } = await process.qmp.execute('query-status', {}, status);
    return this.#clock.stands ? now !== 'shutdown' : now === 'running';
  }

  async #powerChanged(change: PowerChange): Promise<void> {
    switch (change.kind) {
      case 'off':
        await this.#switchOff(change.detail);
        return;
      case 'crashed':
        await this.#lookOnce();
        this.#setPower('crashed', change.detail);
        this.#clock.stop();
        return;
      case 'reset':
        await this.#reset({ silent: this.#isAftermath() && (await this.#isInFirmware()) });
        return;
      case 'triple-fault':
        if (await this.#isInFirmware()) await this.#reset({ silent: true });
        else await this.#powerChanged({ kind: 'crashed', detail: 'the processor shut down (triple fault)' });
        return;
      case 'stopped':
        await this.#explainStop();
    }
  }

  async #isInFirmware(): Promise<boolean> {
    const registers = parseRegisters((await this.#qemu()?.qmp.human('info registers')) ?? '');
    return registers !== null && isFirmware(registers.address);
  }

  /**
   * Whether this may be the firmware's own reset after another. It asks the keyboard controller for it first: a processor
   * whose instructions are counted stops there, and never comes to the triple fault by which others are known.
   */
  #isAftermath(): boolean {
    return this.#clock.countsInstructions && this.now - this.#resetAt < FIRMWARE_RESETS_MS;
  }

  /** Most stops are our own, or have been explained by another event. */
  async #explainStop(): Promise<void> {
    const process = this.#qemu();
    if (process === null) return;
    const seen = await process.qmp.execute('query-status', {}, status);
    if (seen.status === 'internal-error') {
      await this.#lookOnce();
      this.#setPower('crashed', 'the accelerator could not go on (QEMU: internal-error)');
      this.#clock.stop();
    } else if (seen.status === 'io-error') this.#stall();
  }

  /** What is recorded cannot stand: its replay would know of no write that was done again. */
  #stall(): void {
    if (this.#stalled !== null) return;
    const stall = this.#failedWrite ?? UNEXPLAINED;
    this.#failedWrite = null;
    if (this.#recorder !== null) {
      this.#fail(diskStalled(stall));
      return;
    }
    this.#stalled = stall;
    this.#clock.stop();
    this.#emit({ kind: 'stalled', ...stall, at: this.now });
    this.#signal.notify();
  }

  #setPower(state: PowerState, detail: string | null): void {
    if (this.#power.state === state) return;
    this.#power = { state, detail };
    this.#emit({ kind: 'power', state, detail, at: this.now });
    this.#signal.notify();
  }

  /** Its last screen is kept, QEMU's process ends: a machine that is off is its disks. */
  async #switchOff(detail: string): Promise<void> {
    const process = this.#qemu();
    if (process === null) return;
    await this.#endProcess(process);
    this.#setPower('off', detail);
  }

  async #endProcess(process: QemuProcess): Promise<void> {
    this.#clock.stop();
    await process.qmp.execute('stop', {}, nothing);
    await this.#lookOnce();
    await this.#recorder?.end(process.qmp, this.#screen);
    this.#process = null;
    await process.quit();
  }

  /** A reset of the guest's own only stops it (see `-action` in the command line): this is where it happens. */
  async #reset({ silent = false } = {}): Promise<void> {
    const process = this.#qemu();
    if (process === null) return;
    if (this.#recorder === null) {
      await this.#clock.hold(process.qmp, async () => {
        await reset(process.qmp);
        return {};
      });
      this.#guest.reset();
      this.#tripleFault = false;
      this.#stalled = null;
      await this.#clock.release(process.qmp);
    } else {
      // QEMU 7.2 often hangs where it is to replay a reset: what is recorded is switched off and on instead.
      await this.#endProcess(process);
      await this.#boot();
    }
    if (!silent) {
      this.#resetAt = this.now;
      this.#emit({ kind: 'reset', at: this.now });
    }
    this.#setPower('running', null);
    this.#stir();
  }

  async #lookOnce(): Promise<void> {
    const qmp = this.#process?.qmp;
    if (qmp === undefined) return;
    await this.#clock.hold(qmp, async () => {
      await this.#screen.look(qmp);
      return this.#recorder?.frame(this.#screen) ?? {};
    });
  }

  async input(input: Input): Promise<{ at: GuestTime }> {
    if (input.kind === 'key') return await this.#key(input);
    this.#keys = null;
    return await this.#inOrder(async () => {
      this.#qemu();
      const at = this.now;
      this.#fresh = false;
      await this.#explained(async () => await this.#apply(input));
      this.#screen.stir();
      return { at };
    });
  }

  /** Keys that are given at once are one command: each takes QEMU as long as the guest takes to read a key. */
  async #key(input: Extract<Input, { kind: 'key' }>): Promise<{ at: GuestTime }> {
    const { events } = inputEvents(input, this.#buttons);
    if (this.#keys !== null) {
      this.#keys.events.push(...events.flat());
      return await this.#keys.sent;
    }
    const batch = events.flat();
    const sent = this.#inOrder(async () => {
      this.#keys = null;
      this.#qemu();
      const at = this.now;
      this.#fresh = false;
      await this.#explained(async () => await this.#send(batch));
      // What the trace says of the keys was written before the answer.
      await logIsRead();
      this.#screen.stir();
      return { at };
    });
    this.#keys = { events: batch, sent };
    return await sent;
  }

  async #apply(input: Exclude<Input, { kind: 'key' }>): Promise<void> {
    switch (input.kind) {
      case 'pointer': {
        const { events, buttons } = inputEvents(input, this.#buttons);
        this.#buttons = buttons;
        for (const group of events) await this.#send(group);
        return;
      }
      case 'serial':
        this.#writeTo(input);
        return;
      case 'media':
        this.#recorder?.refuse('a change of media');
        await this.#media.insert(input.drive, input.medium, this.#qmp());
        return;
      case 'power':
        await this.#applyPower(input);
        return;
      case 'clock':
        if (input.clock === this.#clock.kind) return;
        throw unsupported('clock-unsupported', `QEMU has no ${input.clock} clock here`);
      case 'snapshot':
        return;
      case 'network':
        throw unsupported('network-unsupported', 'QEMU machines have no network yet');
    }
  }

  #writeTo(input: Extract<Input, { kind: 'serial' }>): void {
    const line = this.#ports.line(input);
    // What is recorded has no other ports.
    if (this.#recorder === null) line.write(input.data);
    else this.#recorder.serial.write(line, input.port, input.data, this.#qmp());
  }

  /** A machine that has just stopped, for a reset or for good, hears no keys, as any PC: that is no error. */
  async #send(events: readonly unknown[]): Promise<void> {
    const qmp = this.#qemu()?.qmp;
    try {
      const send = async (): Promise<unknown> => await qmp?.execute('input-send-event', { events }, nothing);
      // QEMU takes inputs of a machine that runs.
      await (qmp === undefined ? send() : this.#clock.during(qmp, send));
    } catch (error) {
      if (!(error instanceof GuestwrightError) || error.code !== 'qmp-error' || qmp === undefined) throw error;
      if ((await qmp.execute('query-status', {}, status)).status === 'running') throw error;
    }
  }

  async #applyPower(input: Extract<Input, { kind: 'power' }>): Promise<void> {
    switch (input.action) {
      case 'reset':
        if (this.#process === null) throw machineOff();
        await this.#reset();
        return;
      case 'off':
        await this.#switchOff('powered off by the user');
        return;
      case 'button': {
        const qemu = this.#qemu();
        if (qemu === null) throw machineOff();
        this.#recorder?.refuse('the power button');
        await qemu.qmp.execute('system_powerdown', {}, nothing);
        return;
      }
      case 'on':
        if (this.#process !== null) return;
        if (!sameMedia(this.#media.removable, input.media)) this.#recorder?.refuse('a change of media');
        this.#media.removable = input.media;
        this.#power = { state: 'running', detail: null };
        this.#told.power = 'running';
        await this.#boot();
        return;
      case 'pause':
        // A guest that sleeps cannot be stopped without harm: see `recorded-instant.ts`.
        this.#recorder?.refuse('a pause');
        this.#clock.stop();
        await this.#qemu()?.qmp.execute('stop', {}, nothing);
        return;
      case 'resume':
        this.#stalled = null;
        if (this.#process !== null) await this.#clock.release(this.#process.qmp);
    }
  }

  async advance(request: AdvanceRequest): Promise<AdvanceResult> {
    return await this.#explained(async () => await this.#advance(request));
  }

  async #advance({ limit, stopOn }: AdvanceRequest): Promise<AdvanceResult> {
    const started = performance.now();
    for (;;) {
      this.#qemu();
      if (this.#stalled !== null) throw diskStalled(this.#stalled);
      // A stretch may have ended late, and beyond the limit: what stopped meanwhile is said all the same.
      if (this.#clock.stands) await this.#lookAtProcessors();
      const reason = await this.#reached(limit, stopOn);
      if (reason !== null) {
        this.#told.power = this.#power.state;
        this.#fresh = reason === 'screen';
        // Who asks again and again of a machine that stands must let the rest of this process go on.
        await setImmediate();
        return { now: this.now, reason, power: this.#power.state };
      }
      await this.#lookAtProcessors();
      const next = this.#nextIn(limit, stopOn);
      const seen = await this.#clock.pass({
        until: this.now + next,
        limit,
        signal: this.#signal,
        turn: async (run) => await this.#stretch(run),
        mayHaveStopped: async (qmp) => this.#power.state === 'running' && (await this.#guest.areProcessorsStopped(qmp)),
      });
      if (seen === 'io-error') this.#stall();
      const { guardMs } = this.#parts.context;
      if (this.#clock.stands && performance.now() - started > guardMs) this.#fail(guardFired(guardMs, limit, this.now));
    }
  }

  /** Lets a machine that stands by itself run, in its turn; null: there is nothing that could. */
  async #stretch(run: (qmp: QmpClient) => Promise<string>): Promise<string | null> {
    return await this.#inOrder(async () => {
      const qmp = this.#qmp();
      const { state } = this.#power;
      return qmp === null || state === 'off' || state === 'crashed' ? null : await run(qmp);
    });
  }

  /** Why a wait ends here; null when it goes on. */
  async #reached(limit: GuestTime, stopOn: readonly StopReason[]): Promise<AdvanceResult['reason'] | null> {
    const { state } = this.#power;
    if (state !== this.#told.power || state === 'off' || state === 'crashed') return 'power';
    if (stopOn.includes('serial') && this.#ports.haveGrown) return 'serial';
    if (stopOn.includes('keyboard')) {
      const { enabled, pending } = await this.#guest.keyboard(this.#qmp());
      if (enabled && pending === 0) return 'keyboard';
    }
    if (stopOn.includes('screen')) {
      if (this.#screen.version === this.#told.screen && this.#screen.dueIn === 0) await this.#lookOnce();
      if (this.#screen.version !== this.#told.screen) return 'screen';
    }
    return this.now >= limit ? 'limit' : null;
  }

  /**
   * Milliseconds (of the guest's, where it stands meanwhile) until there is something to look at, if nothing is announced
   * before.
   */
  #nextIn(limit: GuestTime, stopOn: readonly StopReason[]): number {
    const due = [limit - this.now, this.#guest.processorsDueIn];
    if (stopOn.includes('screen')) due.push(this.#screen.dueIn);
    // Keys that are in the controller are announced when they are taken; those in the firmware's buffer are not.
    if (stopOn.includes('keyboard') && this.#guest.input.pendingKeys === 0) due.push(BIOS_KEYS_EVERY_MS);
    return Math.max(1, Math.min(...due));
  }

  async #lookAtProcessors(): Promise<void> {
    const qmp = this.#qmp();
    const { state } = this.#power;
    if (this.#guest.processorsDueIn > 0 || qmp === null || (state !== 'running' && state !== 'halted')) return;
    if (!(await this.#guest.haveProcessorsStopped(qmp, this.#clock.stands))) return;
    this.#setPower('halted', 'the guest stopped its processor for good (HLT with interrupts off)');
  }

  async observe<K extends Question['kind']>(question: Extract<Question, { kind: K }>): Promise<Answers[K]> {
    return (await this.#explained(async () => await this.#answer(question))) as Answers[K];
  }

  async #answer(question: Question): Promise<Answers[Question['kind']]> {
    this.#qemu();
    switch (question.kind) {
      case 'screen':
        if (question.aside === true || !this.#fresh) await this.#lookOnce();
        if (question.aside === true) return this.#screen.content;
        this.#fresh = false;
        this.#told.screen = this.#screen.version;
        return this.#screen.content;
      case 'serial':
        return this.#ports.read({ ...question, aside: question.aside === true });
      case 'keyboard':
        return await this.#guest.keyboard(this.#qmp());
      case 'pointer':
        return await this.#guest.pointer(this.#qmp());
      case 'power':
        return { ...this.#power };
      case 'stateHash':
        if (this.#recorder !== null) return await this.#recorder.stateHash(this.#qmp());
        throw unsupported('state-hash-unsupported', 'A QEMU machine runs freely: its state cannot be hashed');
    }
  }

  /** The guest stands while it is saved: guest time does too. */
  async save(): Promise<EngineSnapshot> {
    for (let tries = 1; ; tries++) {
      const mayWait = tries <= SAVE_TRIES;
      const saved = await this.#inOrder(async () => await this.#explained(async () => await this.#save(mayWait)));
      if (saved !== null) return saved;
    }
  }

  /** Null: a reset or a power-off of the guest's own has stopped it just now, which has to be carried out before. */
  async #save(mayWait: boolean): Promise<EngineSnapshot | null> {
    this.#recorder?.refuse('a snapshot');
    const process = this.#qemu();
    const ran = this.#clock.running;
    let stopsItself = false;
    this.#clock.stop();
    try {
      if (process !== null) await process.qmp.execute('stop', {}, nothing);
      stopsItself = mayWait && process !== null && (await this.#stopsItself(process));
      if (stopsItself) return null;
      await logIsRead();
      return await this.#states.save(process, () => ({
        time: this.now,
        power: { ...this.#power },
        serial: this.#ports.save(),
        input: this.#guest.input.save(),
        paging: this.#guest.paging,
        buttons: this.#buttons,
      }));
    } finally {
      if (ran) {
        if (process !== null && !stopsItself) await this.#clock.release(process.qmp);
        else this.#clock.start();
      }
    }
  }

  /** What it stopped for is told by an event before this is answered: it waits for its turn then. */
  async #stopsItself({ qmp }: QemuProcess): Promise<boolean> {
    const { status: now } = await qmp.execute('query-status', {}, status);
    return now === 'shutdown' && this.#power.state === 'running';
  }

  async restore(id: string): Promise<void> {
    await this.#inOrder(async () => {
      await this.#explained(async () => await this.#restore(this.#states.get(id)));
    });
  }

  /** In a process of its own: QEMU takes a state in only when it starts. */
  async #restore(state: SavedState, checked: Promise<void> = Promise.resolve()): Promise<void> {
    this.#qemu();
    this.#states.assertMediaOf(state);
    const before = this.#process;
    this.#process = null;
    this.#clock.stop();
    try {
      await this.#states.bringBack(state, { checked, before }, async (from) => {
        const process = await this.#spawn(from);
        // What QEMU shows by itself is seen now, before it has a display to show.
        await this.#screen.notePlaceholder(process.qmp);
        return process;
      });
      this.#adopt(state);
    } catch (error) {
      // There is no way back to what was before: a machine that is half restored is none.
      if (error instanceof GuestwrightError) this.#fail(error);
      throw error;
    }
    await this.#states.collect();
    const qmp = this.#qmp();
    if (qmp === null) return;
    await this.#clock.release(qmp);
    this.#stir();
  }

  #adopt({ time, power, serial, input, paging, buttons }: SavedState): void {
    this.#clock.set(time);
    this.#power = { ...power };
    this.#told.power = power.state;
    this.#ports.restore(serial);
    this.#guest.restore({ input, paging });
    this.#buttons = buttons;
    this.#tripleFault = false;
    this.#stalled = null;
    this.#resetAt = -Infinity;
    this.#fresh = false;
  }

  async forget(id: string): Promise<void> {
    await this.#inOrder(async () => {
      await this.#states.forget(id);
    });
  }

  async exportSnapshot(id: string, file: string): Promise<void> {
    await this.#states.export(id, file);
  }

  /** Its ports lead nowhere else: two machines cannot write to the same file. */
  async fork(id: string, { runDirectory }: ForkContext): Promise<QemuMachine> {
    const { hardware, context } = this.#parts;
    assertForkable(hardware);
    const state = join(runDirectory, 'fork-state');
    await mkdir(runDirectory, { recursive: true });
    try {
      await this.exportSnapshot(id, state);
      return await QemuMachine.start({
        ...this.#parts,
        hardware: { ...hardware, outlets: [] },
        context: { ...context, runDirectory, state },
      });
    } finally {
      await rm(state, { force: true });
    }
  }

  async importSnapshot(file: string): Promise<EngineSnapshot> {
    return await this.#inOrder(async () => {
      this.#recorder?.refuse('a snapshot');
      const { state, checked } = await this.#states.import(file);
      await checked;
      return this.#states.add(state);
    });
  }

  /** Its content is checked while QEMU loads it, and before the guest goes on. */
  async #bootFrom(file: string): Promise<void> {
    this.#recorder?.refuse('a start from a saved state');
    const { state, checked } = await this.#states.import(file);
    await this.#restore(state, checked);
  }

  onEvent(listener: (event: EngineEvent) => void): () => void {
    this.#listeners.add(listener);
    // It may have stalled before anybody could listen.
    if (this.#stalled !== null) listener({ kind: 'stalled', ...this.#stalled, at: this.now });
    return () => this.#listeners.delete(listener);
  }

  #emit(event: EngineEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  async #inOrder<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#order.then(run);
    this.#order = turn.catch(() => undefined);
    return await turn;
  }

  /** A command that failed because QEMU has died says so, rather than that its connection was lost. */
  async #explained<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof GuestwrightError && error.code === 'qmp-closed') {
        const process = this.#process;
        if (process !== null) await this.#processEnded(process, await process.ended);
        if (this.#ended !== null) throw this.#ended;
        // The guest powered off, and ended QEMU, while something was asked of it: that can be asked of what is off too.
        if (this.#process === null && this.#power.state === 'off') return await work();
      }
      throw error;
    }
  }

  #failWith(error: unknown): void {
    if (error instanceof GuestwrightError && error.code !== 'qmp-closed') this.#fail(error);
  }

  #fail(error: GuestwrightError): void {
    if (this.#ended !== null) return;
    this.#ended = error;
    this.#clock.stop();
    this.#emit({ kind: 'failed', error });
    this.#signal.notify();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposing ??= this.#dispose();
    await this.#disposing;
  }

  /** Images that outlive the machine are written out; otherwise nothing is waited for. */
  async #dispose(): Promise<void> {
    const keeps = this.#parts.hardware.disks.some(({ overlay }) => overlay.kind === 'file');
    const failed = this.#ended !== null;
    this.#listeners.clear();
    this.#fail(disposed());
    this.#ended = disposed();
    const process = this.#process;
    this.#process = null;
    try {
      if (this.#recorder !== null && !failed) await this.#recorder.finish(process, this.#screen);
      else if (process !== null) await (keeps && !failed ? process.quit() : process.kill());
    } finally {
      await this.#ports.close();
      this.#pictures.close();
      await rm(this.#folder, { recursive: true, force: true });
      // Only when nothing else is in it.
      await rmdir(this.#parts.context.runDirectory).catch(() => undefined);
    }
  }
}

/** What memory can be: only a PC's is known by its name in QEMU's states. */
function statesOf({ installation, hardware }: QemuMachineParts): Pick<Installation, 'memoryFiles' | 'sharedMemory'> {
  const { platform = PLAIN_PC } = hardware;
  const isPc = boardKind(platform) !== 'virt';
  const { memoryFiles, sharedMemory } = installation;
  return { memoryFiles: memoryFiles && isPc, sharedMemory: sharedMemory && isPc };
}

/** Only a PC has the keyboard whose traces are known, and only its firmware has a buffer for keys. */
function guestKnowledge({ installation, hardware }: QemuMachineParts): { traces: boolean; biosKeys: boolean } {
  const { platform = PLAIN_PC } = hardware;
  const isPc = boardKind(platform) !== 'virt';
  return { traces: installation.traces && isPc, biosKeys: platform.firmware === 'bios' };
}

/**
 * What QEMU wrote to its log before something that has been read from another channel is read when this resolves: the
 * round of the event loop in which the other was read may have begun before the log had it; the next one has not.
 */
async function logIsRead(): Promise<void> {
  await setImmediate();
  await setImmediate();
}
