/**
 * A machine's life in its worker: carries out the owner's requests, in the order in which they came. On a `stepped`
 * clock the guest runs only inside `advance`; on a `paced` one it also runs by itself, held to wall time.
 */
import type { Blocks, BlockSource } from '../../blocks.js';
import type {
  AdvanceRequest,
  AdvanceResult,
  Answers,
  ClockKind,
  DiskWrites,
  EngineSnapshot,
  GuestTime,
  Input,
  PowerState,
  Question,
  RemovableMedia,
  StopReason,
  Traced,
  TracedChange,
} from '../../engine.js';
import { GuestwrightError } from '../../../errors.js';
import type { Overlay, OverlayDisk } from './disk.js';
import { QUANTUM_MS, SAMPLE_MS, V86Machine, type BuildOptions, type CoreSnapshot } from './machine.js';
import type { CallName, Calls, Request, StartArguments, Status, ToOwner } from './protocol.js';
import { hostNow } from './realm.js';
import { shareSnapshot, sharedBlocks, withDisks } from './shared-snapshot.js';
import { Tracer } from './tracer.js';
import { hashState } from './state-hash.js';
import type { V86Constructor } from './v86-internals.js';
import { ScreenWatch, readScreen } from './vga.js';

/** Wall ms after which a running machine lets messages in. */
const YIELD_AFTER_MS = 40;
/** A paced machine that is further behind wall time than this gives up catching up, ms. */
const MAX_LAG_MS = 250;

/** What a worker's surroundings (Node, a browser) do for a session. */
export interface SessionHost {
  post(message: ToOwner, transfer?: ArrayBuffer[]): void;
  loadV86(): Promise<V86Constructor>;
  openBlocks(source: BlockSource): Blocks;
  readOverlay(path: string): Overlay;
  writeOverlay(path: string, overlay: Overlay): void;
  writeSnapshot(file: string, snapshot: CoreSnapshot, identity: string): void;
  readSnapshot(file: string, identity: string): CoreSnapshot;
}

interface Waiter {
  request: AdvanceRequest;
  done: (result: AdvanceResult) => void;
}

export class Session {
  readonly #host: SessionHost;
  #machine: V86Machine | null = null;
  #options: BuildOptions | null = null;
  #identity = '';
  #clock: ClockKind = 'stepped';
  #queue: Promise<void> = Promise.resolve();
  readonly #waiters = new Set<Waiter>();
  readonly #snapshots = new Map<string, CoreSnapshot>();
  #snapshotCount = 0;
  /** The buffer of a snapshot that was forgotten. */
  #spare: ArrayBufferLike | null = null;
  #reported: { power: PowerState; resets: number } = { power: 'running', resets: 0 };
  // What the owner has seen: only a difference to it ends a wait.
  readonly #watch = new ScreenWatch();
  #serialSeen: number[] = [];
  #pacing = false;
  #storeAt: StartArguments['storeAt'];
  readonly #tracer = new Tracer();
  #watchedDisk: OverlayDisk | null = null;
  /** The versions of disks that are in their files. */
  readonly #written = new WeakMap<OverlayDisk, number>();

  constructor(host: SessionHost) {
    this.#host = host;
  }

  /** Answers by posting; never throws. */
  receive(request: Request): void {
    this.#queue = this.#queue.then(async () => this.#carryOut(request));
  }

  async #carryOut(request: Request): Promise<void> {
    // A wait on a machine that runs by itself must not hold up the inputs behind it.
    if (request.name === 'advance' && this.#clock === 'paced') {
      void this.#answer(request);
      return;
    }
    await this.#answer(request);
  }

  async #answer(request: Request): Promise<void> {
    const { id } = request;
    try {
      const value = await this.#call(request);
      const transfer = transferables(value);
      this.#reportChanges();
      this.#host.post({ kind: 'answer', id, status: this.#status(), value }, transfer);
    } catch (error) {
      const { message, stack } = error instanceof Error ? error : new Error(String(error));
      const failure = error instanceof GuestwrightError ? error.failure : null;
      this.#reportChanges();
      this.#host.post({ kind: 'error', id, status: this.#status(), error: { message, stack, failure } });
    }
  }

  #status(): Status {
    return { now: this.#machine?.time ?? 0, power: this.#machine?.power ?? 'off' };
  }

  async #call<N extends CallName>(request: Request<N>): Promise<Calls[CallName]['out']> {
    const { name, argument } = request as Request;
    switch (name) {
      case 'start':
        return this.#start(argument as StartArguments);
      case 'input':
        return this.#input(argument as Input);
      case 'advance':
        return this.#advance(argument as AdvanceRequest);
      case 'trace':
        return await this.#trace(argument as AdvanceRequest);
      case 'observe':
        return this.#observe(argument as Question);
      case 'save':
        return this.#save();
      case 'saveBeforeInput': {
        const { isCanonical, isCanonicalBeforeInput, power } = this.#running;
        const isOn = power === 'running' || power === 'halted';
        return isOn && (isCanonical || isCanonicalBeforeInput) ? this.#save() : null;
      }
      case 'share':
        return this.#share(argument as string);
      case 'adopt': {
        const { snapshot, disks } = argument as Calls['adopt']['in'];
        const { id } = this.#keep(withDisks(snapshot, disks));
        await this.#goBack(id);
        this.#snapshots.delete(id);
        this.#tracer.begin(this.#running);
        return null;
      }
      case 'beginWrites':
        this.#disk(argument as number).beginWrites();
        return null;
      case 'endWrites':
        return this.#endWrites();
      case 'restore':
        await this.#goBack(argument as string);
        this.#tracer.begin(this.#running);
        return null;
      case 'forget':
        this.#spare = this.#snapshots.get(argument as string)?.memory.bytes.buffer ?? this.#spare;
        this.#snapshots.delete(argument as string);
        return null;
      case 'export': {
        const { id, file } = argument as Calls['export']['in'];
        this.#host.writeSnapshot(file, this.#snapshot(id), this.#identity);
        return null;
      }
      case 'import':
        return this.#keep(this.#host.readSnapshot(argument as string, this.#identity));
      case 'flush':
        this.#flush();
        return null;
    }
  }

  get #running(): V86Machine {
    if (this.#machine === null) throw misuse('not-started', 'the machine has not been started');
    return this.#machine;
  }

  async #start({
    hardware,
    firmware,
    wasmModule,
    identity,
    fault,
    heapReserve,
    state,
    storeAt,
  }: StartArguments): Promise<Status> {
    const overlays = new Map<string, Overlay>();
    for (const [i, { overlay }] of hardware.disks.entries()) {
      if (overlay.kind === 'file') overlays.set(`disk${i}`, this.#host.readOverlay(overlay.path));
    }
    this.#identity = identity;
    this.#storeAt = storeAt;
    this.#options = {
      hardware,
      firmware,
      wasmModule,
      loadV86: async () => this.#host.loadV86(),
      openBlocks: (source) => this.#host.openBlocks(source),
      startTime: 0,
      overlays,
      fault,
      ...(heapReserve === undefined ? {} : { heapReserve }),
    };
    this.#machine = await V86Machine.build(this.#options);
    this.#clock = hardware.clock;
    if (state !== undefined) {
      const { id } = this.#keep(this.#host.readSnapshot(state, identity));
      await this.#goBack(id);
      this.#snapshots.delete(id);
    }
    this.#pace();
    return this.#status();
  }

  async #input(input: Input): Promise<{ at: GuestTime }> {
    const machine = this.#running;
    const at = machine.time;
    // Who paces a machine is no matter to it.
    if (input.kind !== 'clock') machine.beforeInput();
    switch (input.kind) {
      case 'key':
        machine.key(input.code, input.down);
        break;
      case 'pointer':
        machine.pointer(input.action);
        break;
      case 'serial':
        machine.sendSerial(input.port, input.data);
        break;
      case 'media':
        machine.insert(input.drive, input.medium);
        break;
      case 'power':
        if (input.action === 'pause' || input.action === 'resume') {
          throw misuse('pause-unsupported', 'a v86 machine stands still by itself whenever nothing waits for it');
        }
        if (input.action === 'on') await this.#powerOn(input.media);
        else if (input.action === 'reset' && machine.power === 'off') {
          throw misuse('machine-off', 'The reset button does nothing: the machine is off');
        }
        // A crashed v86 instance is unusable: the reset button gets a fresh one.
        else if (input.action === 'reset' && machine.power === 'crashed') await this.#powerOn(this.#media());
        else if (input.action === 'reset') machine.reset();
        else if (input.action === 'button') {
          if (machine.power === 'off') throw misuse('machine-off', 'The power button does nothing: the machine is off');
          if (!machine.pressPowerButton())
            throw misuse('power-button-unsupported', 'The machine has no power button: it was launched without ACPI');
        } else {
          // Before: where there is no room for it the machine goes on, and it can be switched off later.
          this.#flush();
          machine.pullPlug();
        }
        break;
      case 'snapshot':
        machine.canonicalise();
        break;
      case 'clock':
        if (input.clock !== 'stepped' && input.clock !== 'paced') {
          throw misuse('clock-unsupported', `v86 has no ${input.clock} clock`);
        }
        this.#clock = input.clock;
        this.#pace();
        break;
      case 'network':
        throw misuse('network-unsupported', 'v86 machines have no network yet');
    }
    this.#tracer.begin(this.#running);
    return { at };
  }

  /** Switches a machine that is off on again: fresh hardware with the disks that it had. */
  async #powerOn(media: RemovableMedia): Promise<void> {
    const before = this.#running;
    if (this.#options === null) return;
    this.#options = {
      ...this.#options,
      hardware: { ...this.#options.hardware, ...media },
      startTime: before.time,
      disks: before.disks,
    };
    const machine = await V86Machine.build(this.#options);
    for (const [port, log] of before.serial.entries()) machine.serial[port]?.replace(log.bytes());
    machine.random.state = before.random.state;
    this.#machine = machine;
    this.#reported = { power: 'running', resets: 0 };
    this.#pace();
  }

  #media(): RemovableMedia {
    if (this.#options === null) throw misuse('not-started', 'the machine has not been started');
    const { floppies, cdrom, bootOrder } = this.#options.hardware;
    return { floppies, cdrom, bootOrder };
  }

  async #advance(request: AdvanceRequest): Promise<AdvanceResult> {
    if (this.#clock === 'paced') {
      return new Promise((done) => {
        const result = this.#evaluate(request);
        if (result !== null) done(result);
        else this.#waiters.add({ request, done });
      });
    }
    const machine = this.#running;
    let yielded = hostNow();
    for (;;) {
      const result = this.#evaluate(request);
      if (result !== null) return result;
      this.#quantum(machine);
      if (hostNow() - yielded > YIELD_AFTER_MS) {
        await letMessagesIn();
        yielded = hostNow();
      }
    }
  }

  async #trace({ limit, stopOn }: AdvanceRequest): Promise<Traced> {
    const machine = this.#running;
    const changes = this.#tracer.note(machine);
    let yielded = hostNow();
    while (machine.time < limit && machine.power !== 'off' && machine.power !== 'crashed') {
      this.#quantum(machine);
      const seen = this.#tracer.note(machine);
      changes.push(...seen);
      // What came over a port between two sample points ends the run at the second.
      const heard = machine.time % SAMPLE_MS === 0 && this.#tracer.heard && stopOn.includes('serial');
      if (heard || seen.some((change) => ends(change, stopOn))) break;
      if (hostNow() - yielded > YIELD_AFTER_MS) {
        await letMessagesIn();
        yielded = hostNow();
      }
    }
    return { changes, now: machine.time };
  }

  #quantum(machine: V86Machine): void {
    machine.quantum();
    const store = this.#storeAt;
    if (store === undefined || machine.time !== store.at || !machine.isCanonical) return;
    this.#storeAt = undefined;
    this.#host.writeSnapshot(store.file, machine.snapshot(), this.#identity);
    this.#host.post({ kind: 'stored', at: machine.time });
  }

  /** Whether a wait ends here. Screen and serial count at sample points only, the rest at every point of the grid. */
  #evaluate({ limit, stopOn }: AdvanceRequest): AdvanceResult | null {
    const machine = this.#running;
    const end = (reason: AdvanceResult['reason']): AdvanceResult => ({
      now: machine.time,
      reason,
      power: machine.power,
    });
    if (machine.power !== this.#reported.power) {
      this.#reportChanges();
      return end('power');
    }
    if (machine.power === 'off' || machine.power === 'crashed') return end('power');
    const sample = machine.time % SAMPLE_MS === 0;
    const changed = stopOn.find((what) => (sample || what === 'keyboard') && this.#hasChanged(what));
    if (changed !== undefined) return end(changed);
    return machine.time >= limit ? end('limit') : null;
  }

  #hasChanged(what: StopReason): boolean {
    const machine = this.#running;
    switch (what) {
      case 'screen':
        return this.#watch.changed(machine.vga, machine.videoMemory);
      case 'serial':
        return machine.serial.some((log, port) => log.length !== (this.#serialSeen[port] ?? 0));
      case 'keyboard': {
        const { enabled, pending } = machine.keyboardState();
        return enabled && pending === 0;
      }
      case 'power':
        return false;
    }
  }

  async #observe(question: Question): Promise<Answers[Question['kind']]> {
    const machine = this.#running;
    switch (question.kind) {
      case 'screen':
        if (question.aside !== true) this.#watch.changed(machine.vga, machine.videoMemory);
        return readScreen(machine.vga, machine.videoMemory);
      case 'serial': {
        const log = machine.serial[question.port];
        if (log === undefined) {
          throw misuse('serial-port-missing', `there is no serial port ${question.port}`);
        }
        if (question.aside !== true) this.#serialSeen[question.port] = log.length;
        return { data: log.bytes(question.from).slice(), end: log.length };
      }
      case 'keyboard':
        return machine.keyboardState();
      case 'pointer':
        return machine.pointerState();
      case 'power':
        return { state: machine.power, detail: machine.detail };
      case 'stateHash':
        return hashState(machine);
    }
  }

  #save(): EngineSnapshot {
    const machine = this.#running;
    if (machine.power === 'crashed') throw misuse('crashed', 'a crashed machine cannot be saved');
    if (!machine.isCanonical) machine.canonicalise();
    const spare = this.#spare instanceof ArrayBuffer ? this.#spare : null;
    this.#spare = null;
    return this.#keep(machine.snapshot(spare));
  }

  #keep(snapshot: CoreSnapshot): EngineSnapshot {
    const id = `s${++this.#snapshotCount}`;
    this.#snapshots.set(id, snapshot);
    return { id, time: snapshot.tick * QUANTUM_MS, bytes: snapshot.memory.length };
  }

  #snapshot(id: string): CoreSnapshot {
    const snapshot = this.#snapshots.get(id);
    if (snapshot === undefined) throw misuse('snapshot-unknown', `there is no snapshot ${id}`);
    return snapshot;
  }

  async #goBack(id: string): Promise<void> {
    const snapshot = this.#snapshot(id);
    if (this.#running.restore(snapshot) === 'needs-fresh-instance' && this.#options !== null) {
      const fresh = await V86Machine.build(this.#options);
      if (fresh.restore(snapshot) !== 'restored') {
        throw new Error('a fresh instance has more memory than the snapshot');
      }
      this.#machine = fresh;
    }
    this.#serialSeen = [];
    this.#reported = { power: this.#running.power, resets: this.#running.resets };
    this.#pace();
  }

  /** Kept shared here too: the next fork takes the same. */
  #share(id: string): CoreSnapshot {
    const snapshot = shareSnapshot(this.#snapshot(id));
    this.#snapshots.set(id, snapshot);
    return snapshot;
  }

  #disk(index: number): OverlayDisk {
    const disk = this.#running.disks.get(`disk${index}`);
    if (disk === undefined) throw misuse('disk-missing', `there is no disk ${index}`);
    this.#watchedDisk = disk;
    return disk;
  }

  #endWrites(): DiskWrites {
    const writes = this.#watchedDisk?.endWrites() ?? null;
    this.#watchedDisk = null;
    if (writes === null) throw misuse('writes-unwatched', 'no disk was watched, or the machine went back meanwhile');
    return { before: sharedBlocks(writes.before), writes: writes.writes.map(sharedBlocks) };
  }

  #flush(): void {
    const machine = this.#running;
    for (const [i, { overlay }] of (this.#options?.hardware.disks ?? []).entries()) {
      const disk = machine.disks.get(`disk${i}`);
      if (overlay.kind !== 'file' || disk === undefined || this.#written.get(disk) === disk.version) continue;
      this.#host.writeOverlay(overlay.path, disk.overlay);
      this.#written.set(disk, disk.version);
    }
  }

  #reportChanges(): void {
    const machine = this.#machine;
    if (machine === null) return;
    if (machine.resets !== this.#reported.resets) this.#host.post({ kind: 'reset', at: machine.time });
    if (machine.power !== this.#reported.power) {
      this.#host.post({ kind: 'power', state: machine.power, detail: machine.detail, at: machine.time });
    }
    this.#reported = { power: machine.power, resets: machine.resets };
  }

  /** Lets a paced machine run, until its clock is another or it stops. */
  #pace(): void {
    if (this.#clock !== 'paced' || this.#pacing) return;
    this.#pacing = true;
    let wall = hostNow();
    let guest = this.#running.time;
    const turn = (): void => {
      const machine = this.#running;
      if (this.#clock !== 'paced' || machine.power === 'off' || machine.power === 'crashed') {
        this.#pacing = false;
        this.#settleWaiters();
        return;
      }
      const started = hostNow();
      let due = guest + (started - wall);
      if (due - machine.time > MAX_LAG_MS || machine.time - due > MAX_LAG_MS) {
        wall = started;
        guest = machine.time;
        due = guest + QUANTUM_MS;
      }
      while (machine.time + QUANTUM_MS <= due && hostNow() - started < YIELD_AFTER_MS) {
        this.#quantum(machine);
        this.#settleWaiters();
      }
      this.#reportChanges();
      const rest = machine.time + QUANTUM_MS - (guest + (hostNow() - wall));
      setTimeout(turn, Math.max(0, rest));
    };
    turn();
  }

  #settleWaiters(): void {
    for (const waiter of this.#waiters) {
      const result = this.#evaluate(waiter.request);
      if (result === null) continue;
      this.#waiters.delete(waiter);
      waiter.done(result);
    }
  }
}

/** The owner asked for something that cannot be. */
/** Whether a run that is traced ends where this changed. */
function ends(change: TracedChange, stopOn: readonly StopReason[]): boolean {
  switch (change.kind) {
    case 'power':
      return true;
    case 'screen':
      return stopOn.includes('screen');
    case 'keyboard':
      return stopOn.includes('keyboard') && change.keyboard.enabled && change.keyboard.pending === 0;
    default:
      return false;
  }
}

function misuse(code: string, summary: string): GuestwrightError {
  return new GuestwrightError(summary, { kind: 'usage', code });
}

/** Buffers of an answer that nobody here needs any more. */
function transferables(value: unknown): ArrayBuffer[] {
  if (typeof value !== 'object' || value === null) return [];
  const buffers = new Set<ArrayBuffer>();
  for (const field of Object.values(value)) {
    if (
      field instanceof Uint8Array &&
      field.buffer instanceof ArrayBuffer &&
      field.byteLength === field.buffer.byteLength
    ) {
      buffers.add(field.buffer);
    }
  }
  return [...buffers];
}

/** A turn of the event loop, without the 1 to 4 ms that a timer takes. */
async function letMessagesIn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
