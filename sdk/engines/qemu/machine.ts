/**
 * A machine that QEMU runs. It runs by itself, so advancing means waiting: for what its channels announce (power, serial
 * output, keys taken) as it comes, and for its screen by looking at it.
 */
import { mkdir, open, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { GuestwrightError } from '../../errors.js';
import type {
  AdvanceRequest,
  AdvanceResult,
  Answers,
  Capabilities,
  Drive,
  EngineContext,
  EngineEvent,
  EngineMachine,
  EngineSnapshot,
  GuestTime,
  Hardware,
  Input,
  Medium,
  PowerState,
  Question,
  RemovableMedia,
  StopReason,
} from '../engine.js';
import type { Accelerator } from './accelerator.js';
import { blockNode, type BlockNode, type Device, type FileToMake } from './block-nodes.js';
import { commandLine, type Drives } from './command-line.js';
import { GuestClock } from './guest-time.js';
import { InputWatch } from './input-watch.js';
import type { Installation } from './installation.js';
import { foreignOverlay, ioError, machineOff, disposed, unsupported } from './misuse.js';
import { inputEvents, type MouseButtons } from './input-events.js';
import { decidePower, isFirmware, isTripleFault, type PowerChange } from './power-events.js';
import { processDied, QemuProcess } from './process.js';
import { emptyQcow2, isQcow2 } from './qcow2.js';
import { nothing, type QmpEvent } from './qmp.js';
import { BIOS_KEYS, parseBiosKeys, parseRegisters } from './registers.js';
import { ScreenWatch } from './screen-watch.js';
import { SerialPort } from './serial-port.js';
import { Signal } from './signal.js';

/** Wall ms between two looks at the processors, for whether they have stopped for good. */
const PROCESSORS_EVERY_MS = 250;
/** Wall ms between two looks into the BIOS's keyboard buffer. */
const BIOS_KEYS_EVERY_MS = 4;

const status = z.object({ status: z.string() });
const mice = z.array(z.object({ name: z.string(), current: z.boolean(), absolute: z.boolean() }));

export interface QemuMachineParts {
  installation: Installation;
  accelerator: Accelerator;
  hardware: Hardware;
  context: EngineContext;
  capabilities: Capabilities;
  identity: string;
}

export class QemuMachine implements EngineMachine {
  readonly capabilities: Capabilities;
  readonly identity: string;
  readonly #parts: QemuMachineParts;
  readonly #folder: string;
  readonly #clock = new GuestClock();
  readonly #input = new InputWatch();
  readonly #screen: ScreenWatch;
  readonly #serial: readonly SerialPort[];
  readonly #listeners = new Set<(event: EngineEvent) => void>();
  readonly #signal = new Signal();
  /** Files that were made for this machine: what is in them outlives QEMU's process. */
  readonly #made = new Set<string>();
  #media: RemovableMedia;
  #process: QemuProcess | null = null;
  /** Nodes that the running process knows. */
  #nodes = new Set<string>();
  #power: { state: PowerState; detail: string | null } = { state: 'running', detail: null };
  #buttons: MouseButtons = { left: false, middle: false, right: false };
  #tripleFault = false;
  #paging = false;
  #stopsSeen = 0;
  #processorsSeen = 0;
  /** What the owner has been told: only a difference to it ends a wait. */
  #told: { power: PowerState; screen: number; serial: number[] } = { power: 'running', screen: 0, serial: [] };
  /** The screen was looked at for the wait that has just ended. */
  #fresh = false;
  /** Inputs and changes of power, one after the other. */
  #order: Promise<unknown> = Promise.resolve();
  #ended: GuestwrightError | null = null;
  #disposing: Promise<void> | null = null;

  private constructor(parts: QemuMachineParts) {
    this.#parts = parts;
    this.capabilities = parts.capabilities;
    this.identity = parts.identity;
    this.#folder = join(parts.context.runDirectory, 'qemu');
    this.#media = parts.hardware;
    this.#screen = new ScreenWatch(join(this.#folder, 'screen.ppm'), parts.installation.fonts);
    this.#serial = Array.from({ length: parts.hardware.serialPorts }, () => new SerialPort(() => this.#stir()));
  }

  static async start(parts: QemuMachineParts): Promise<QemuMachine> {
    const machine = new QemuMachine(parts);
    try {
      await machine.#boot();
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
    const { installation, accelerator, hardware, context } = this.#parts;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const drives = this.#drives();
    const nodes = [...drives.floppies, drives.cdrom ?? null, ...drives.disks].filter((node) => node !== null);
    await this.#make(nodes.flatMap(({ files }) => files));
    const kernel = await this.#makeKernel();
    this.#input.reset();
    this.#tripleFault = false;
    this.#paging = false;
    const process = await QemuProcess.start({
      program: installation.program,
      folder: this.#folder,
      runId: context.runId,
      serialPorts: hardware.serialPorts,
      args: (sockets) =>
        commandLine({
          installation,
          accelerator,
          hardware: { ...hardware, ...this.#media },
          drives,
          kernel,
          sockets,
        }),
      onLine: (line) => this.#logLine(line),
    });
    this.#process = process;
    this.#nodes = new Set(nodes.map(({ name }) => name));
    process.qmp.onEvent((event) => this.#onEvent(event));
    void process.ended.then((seen) => {
      if (this.#process === process) this.#fail(processDied(seen));
    });
    for (const [index, socket] of process.serial.entries()) this.#serial[index]?.connect(socket);
    await this.#screen.notePlaceholder(process.qmp);
    await process.qmp.execute('cont', {}, nothing);
    this.#clock.start();
  }

  #drives(): Drives {
    const { floppies, cdrom } = this.#media;
    return {
      floppies: floppies.map((medium, i) => (medium === null ? null : this.#removable(`floppy${i}`, medium))),
      cdrom: cdrom === undefined || cdrom === null ? cdrom : this.#removable('cdrom0', cdrom),
      disks: this.#parts.hardware.disks.map((medium, i) => this.#node(`disk${i}`, 'disk', medium)),
    };
  }

  /** Named by its content: what was written to a floppy is there when it is put in again. */
  #removable(drive: string, medium: Medium): BlockNode {
    const device = drive === 'cdrom0' ? 'cdrom' : 'floppy';
    return this.#node(`${drive}-${medium.digest.replaceAll(/[^0-9a-z]/gi, '').slice(0, 16)}`, device, medium);
  }

  #node(name: string, device: Device, medium: Medium): BlockNode {
    return blockNode(name, device, medium, (file) => join(this.#folder, file));
  }

  async #make(files: readonly FileToMake[]): Promise<void> {
    for (const file of files) {
      if (this.#made.has(file.path)) continue;
      if (file.kind === 'bytes') await writeFile(file.path, file.bytes);
      else if (!(file.keep && (await keptOverlay(file.path)))) await writeFile(file.path, emptyQcow2(file.size));
      this.#made.add(file.path);
    }
  }

  async #makeKernel(): Promise<{ kernel: string; initrd: string | null; commandLine: string } | null> {
    const { kernel } = this.#parts.hardware;
    if (kernel === null) return null;
    const files = { kernel: join(this.#folder, 'kernel'), initrd: join(this.#folder, 'initrd') };
    await this.#make([{ kind: 'bytes', path: files.kernel, bytes: kernel.kernel }]);
    if (kernel.initrd !== null) await this.#make([{ kind: 'bytes', path: files.initrd, bytes: kernel.initrd }]);
    return { ...files, initrd: kernel.initrd === null ? null : files.initrd, commandLine: kernel.commandLine };
  }

  /** QEMU, running or stopped. @throws when the machine has ended */
  #qemu(): QemuProcess | null {
    if (this.#ended !== null) throw this.#ended;
    return this.#process;
  }

  #logLine(line: string): boolean {
    if (isTripleFault(line)) this.#tripleFault = true;
    const known = this.#input.line(line);
    if (known) this.#signal.notify();
    return known;
  }

  #stir(): void {
    this.#screen.stir();
    this.#signal.notify();
  }

  #onEvent(event: QmpEvent): void {
    const change = decidePower(event, this.#tripleFault);
    if (change === null) return;
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
    return process === null || (await process.qmp.execute('query-status', {}, status)).status === 'running';
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
        await this.#reset();
        return;
      case 'triple-fault': {
        const registers = parseRegisters((await this.#qemu()?.qmp.human('info registers')) ?? '');
        if (registers !== null && isFirmware(registers.address)) await this.#reset({ silent: true });
        else await this.#powerChanged({ kind: 'crashed', detail: 'the processor shut down (triple fault)' });
        return;
      }
      case 'stopped':
        await this.#explainStop();
    }
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
    } else if (seen.status === 'io-error') this.#fail(ioError());
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
    this.#clock.stop();
    await process.qmp.execute('stop', {}, nothing);
    await this.#lookOnce();
    this.#process = null;
    await process.quit();
    this.#setPower('off', detail);
  }

  /** A reset of the guest's own only stops it (see `-action` in the command line): this is where it happens. */
  async #reset({ silent = false } = {}): Promise<void> {
    const process = this.#qemu();
    if (process === null) return;
    const { qmp } = process;
    // The command only asks for it; going on is refused until it has happened.
    const done = qmp.nextEvent('RESET');
    await qmp.execute('set-action', { reboot: 'reset' }, nothing);
    await qmp.execute('system_reset', {}, nothing);
    await qmp.execute('set-action', { reboot: 'shutdown' }, nothing);
    await done;
    this.#input.reset();
    this.#tripleFault = false;
    this.#paging = false;
    this.#stopsSeen = 0;
    await qmp.execute('cont', {}, nothing);
    this.#clock.start();
    if (!silent) this.#emit({ kind: 'reset', at: this.now });
    this.#setPower('running', null);
    this.#stir();
  }

  async #lookOnce(): Promise<void> {
    if (this.#process !== null) await this.#screen.look(this.#process.qmp);
  }

  async input(input: Input): Promise<{ at: GuestTime }> {
    return await this.#inOrder(async () => {
      this.#qemu();
      const at = this.now;
      this.#fresh = false;
      await this.#explained(this.#apply(input));
      this.#screen.stir();
      return { at };
    });
  }

  async #apply(input: Input): Promise<void> {
    switch (input.kind) {
      case 'key':
      case 'pointer': {
        const { events, buttons } = inputEvents(input, this.#buttons);
        this.#buttons = buttons;
        for (const group of events) await this.#send(group);
        // What the trace says of the key was written before the answer.
        await logIsRead();
        return;
      }
      case 'serial':
        this.#serialPort(input.port).write(input.data);
        return;
      case 'media':
        await this.#insert(input.drive, input.medium);
        return;
      case 'power':
        await this.#applyPower(input);
        return;
      case 'clock':
        if (input.clock !== 'free') throw unsupported('clock-unsupported', `QEMU has no ${input.clock} clock here`);
        return;
      case 'snapshot':
        return;
      case 'network':
        throw unsupported('network-unsupported', 'QEMU machines have no network yet');
    }
  }

  /** A machine that has just stopped, for a reset or for good, hears no keys, as any PC: that is no error. */
  async #send(events: readonly unknown[]): Promise<void> {
    const qmp = this.#qemu()?.qmp;
    try {
      await qmp?.execute('input-send-event', { events }, nothing);
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
      case 'on':
        if (this.#process !== null) return;
        this.#media = { floppies: input.media.floppies, cdrom: input.media.cdrom, bootOrder: input.media.bootOrder };
        this.#power = { state: 'running', detail: null };
        this.#told.power = 'running';
        this.#stopsSeen = 0;
        await this.#boot();
        return;
      case 'pause':
        this.#clock.stop();
        await this.#qemu()?.qmp.execute('stop', {}, nothing);
        return;
      case 'resume':
        await this.#qemu()?.qmp.execute('cont', {}, nothing);
        this.#clock.start();
    }
  }

  async #insert(drive: Drive, medium: Medium | null): Promise<void> {
    const qmp = this.#qemu()?.qmp;
    const index = drive === 'floppy1' ? 1 : 0;
    this.#media =
      drive === 'cdrom0'
        ? { ...this.#media, cdrom: medium }
        : { ...this.#media, floppies: this.#media.floppies.map((old, i) => (i === index ? medium : old)) };
    if (qmp === undefined) return;
    await qmp.execute('blockdev-open-tray', { id: drive, force: true }, nothing);
    await qmp.execute('blockdev-remove-medium', { id: drive }, nothing);
    if (medium !== null) {
      const node = this.#removable(drive, medium);
      await this.#make(node.files);
      if (!this.#nodes.has(node.name)) await qmp.execute('blockdev-add', node.description, nothing);
      this.#nodes.add(node.name);
      await qmp.execute('blockdev-insert-medium', { id: drive, 'node-name': node.name }, nothing);
    }
    await qmp.execute('blockdev-close-tray', { id: drive }, nothing);
  }

  async advance(request: AdvanceRequest): Promise<AdvanceResult> {
    return await this.#explained(this.#advance(request));
  }

  async #advance({ limit, stopOn }: AdvanceRequest): Promise<AdvanceResult> {
    for (;;) {
      this.#qemu();
      const reason = await this.#reached(limit, stopOn);
      if (reason !== null) {
        this.#told.power = this.#power.state;
        this.#fresh = reason === 'screen';
        // Who asks again and again of a machine that stands must let the rest of this process go on.
        await setImmediate();
        return { now: this.now, reason, power: this.#power.state };
      }
      await this.#lookAtProcessors();
      await this.#signal.wait(this.#nextIn(limit, stopOn));
    }
  }

  /** Why a wait ends here; null when it goes on. */
  async #reached(limit: GuestTime, stopOn: readonly StopReason[]): Promise<AdvanceResult['reason'] | null> {
    const { state } = this.#power;
    if (state !== this.#told.power || state === 'off' || state === 'crashed') return 'power';
    const serialGrew = this.#serial.some((port, index) => port.length !== (this.#told.serial[index] ?? 0));
    if (stopOn.includes('serial') && serialGrew) return 'serial';
    if (stopOn.includes('keyboard')) {
      const { enabled, pending } = await this.#keyboard();
      if (enabled && pending === 0) return 'keyboard';
    }
    if (stopOn.includes('screen')) {
      if (this.#screen.version === this.#told.screen && this.#screen.dueIn === 0) await this.#lookOnce();
      if (this.#screen.version !== this.#told.screen) return 'screen';
    }
    return this.now >= limit ? 'limit' : null;
  }

  /** Wall ms until there is something to look at, if nothing is announced before. */
  #nextIn(limit: GuestTime, stopOn: readonly StopReason[]): number {
    const due = [limit - this.now, this.#processorsSeen + PROCESSORS_EVERY_MS - performance.now()];
    if (stopOn.includes('screen')) due.push(this.#screen.dueIn);
    // Keys that are in the controller are announced when they are taken; those in the firmware's buffer are not.
    if (stopOn.includes('keyboard') && this.#input.pendingKeys === 0) due.push(BIOS_KEYS_EVERY_MS);
    return Math.max(1, Math.min(...due));
  }

  /** Twice in a row, because between two instructions it may look so. */
  async #lookAtProcessors(): Promise<void> {
    if (performance.now() - this.#processorsSeen < PROCESSORS_EVERY_MS) return;
    this.#processorsSeen = performance.now();
    const { state } = this.#power;
    if (this.#process === null || (state !== 'running' && state !== 'halted')) return;
    const seen = parseRegisters(await this.#process.qmp.human('info registers -a'));
    this.#stopsSeen = seen?.stopped === true ? this.#stopsSeen + 1 : 0;
    if (this.#stopsSeen < 2) return;
    this.#setPower('halted', 'the guest stopped its processor for good (HLT with interrupts off)');
  }

  async observe<K extends Question['kind']>(question: Extract<Question, { kind: K }>): Promise<Answers[K]> {
    return (await this.#explained(this.#answer(question))) as Answers[K];
  }

  async #answer(question: Question): Promise<Answers[Question['kind']]> {
    this.#qemu();
    switch (question.kind) {
      case 'screen':
        if (!this.#fresh) await this.#lookOnce();
        this.#fresh = false;
        this.#told.screen = this.#screen.version;
        return this.#screen.content;
      case 'serial': {
        const port = this.#serialPort(question.port);
        this.#told.serial[question.port] = port.length;
        return { data: port.read(question.from), end: port.length };
      }
      case 'keyboard':
        return await this.#keyboard();
      case 'pointer':
        return await this.#pointer();
      case 'power':
        return { ...this.#power };
      case 'stateHash':
        throw unsupported('state-hash-unsupported', 'A QEMU machine runs freely: its state cannot be hashed');
    }
  }

  #serialPort(index: number): SerialPort {
    const port = this.#serial[index];
    if (port === undefined) throw unsupported('serial-port-missing', `There is no serial port ${index}`);
    return port;
  }

  async #keyboard(): Promise<Answers['keyboard']> {
    const { traces } = this.#parts.installation;
    // Without traces nothing is known of the keyboard but that there is one.
    const enabled = traces ? this.#input.keyboardEnabled : true;
    return { enabled, pending: this.#input.pendingKeys + (this.#input.pendingKeys > 0 ? 0 : await this.#biosKeys()) };
  }

  /**
   * Keys in the BIOS's buffer, which drops what does not fit. With paging on, an operating system has the keyboard, and
   * the buffer is stale.
   */
  async #biosKeys(): Promise<number> {
    const process = this.#qemu();
    if (process === null || this.#paging) return 0;
    const [registers, keys] = await Promise.all([process.qmp.human('info registers'), process.qmp.human(BIOS_KEYS)]);
    this.#paging = parseRegisters(registers)?.paging === true;
    return this.#paging ? 0 : parseBiosKeys(keys);
  }

  async #pointer(): Promise<Answers['pointer']> {
    const process = this.#qemu();
    if (process === null) return { absolute: false, enabled: false, pending: 0 };
    const absolute = (await process.qmp.execute('query-mice', {}, mice)).some(
      (mouse) => mouse.current && mouse.absolute,
    );
    return { absolute, enabled: absolute || this.#input.mouseEnabled, pending: 0 };
  }

  async save(): Promise<EngineSnapshot> {
    return await Promise.reject(noSnapshots());
  }

  async restore(): Promise<void> {
    await Promise.reject(noSnapshots());
  }

  async forget(): Promise<void> {
    await Promise.reject(noSnapshots());
  }

  async exportSnapshot(): Promise<void> {
    await Promise.reject(noSnapshots());
  }

  async importSnapshot(): Promise<EngineSnapshot> {
    return await Promise.reject(noSnapshots());
  }

  onEvent(listener: (event: EngineEvent) => void): () => void {
    this.#listeners.add(listener);
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
  async #explained<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (error instanceof GuestwrightError && error.code === 'qmp-closed') {
        const process = this.#process;
        if (process !== null) this.#fail(processDied(await process.ended));
        if (this.#ended !== null) throw this.#ended;
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
      if (process !== null) await (keeps && !failed ? process.quit() : process.kill());
    } finally {
      await rm(this.#folder, { recursive: true, force: true });
      // Only when nothing else is in it.
      await rmdir(this.#parts.context.runDirectory).catch(() => undefined);
    }
  }
}

function noSnapshots(): GuestwrightError {
  return unsupported('snapshots-unsupported', 'QEMU machines cannot be saved yet');
}

/** Whether there is an overlay to go on with. @throws GuestwrightError `usage/overlay-foreign` */
async function keptOverlay(path: string): Promise<boolean> {
  const there = await stat(path).catch(() => null);
  if (there === null) return false;
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(4), 0, 4, 0);
    if (isQcow2(buffer.subarray(0, bytesRead))) return true;
  } finally {
    await file.close();
  }
  throw foreignOverlay(path);
}

/**
 * What QEMU wrote to its log before something that has been read from another channel is read when this resolves: the
 * round of the event loop in which the other was read may have begun before the log had it; the next one has not.
 */
async function logIsRead(): Promise<void> {
  await setImmediate();
  await setImmediate();
}
