/** The owner's end of a v86 machine: requests to its worker thread and back, the wall-clock guard, the end. */
import { Worker } from 'node:worker_threads';
import { GuestwrightError } from '../../errors.js';
import type {
  AdvanceRequest,
  AdvanceResult,
  Answers,
  Capabilities,
  ClockKind,
  DiskWrites,
  EngineContext,
  EngineEvent,
  EngineMachine,
  EngineSnapshot,
  ForkContext,
  GuestTime,
  Input,
  Question,
  Traced,
} from '../engine.js';
import { assertForkable } from '../fork-errors.js';
import { guardFired } from '../guard-fired.js';
import { prepareSpare, takeSpare } from './spare.js';
import type { CallName, Calls, StartArguments, ToOwner } from './core/protocol.js';

interface Pending {
  resolve: (value: never) => void;
  reject: (error: Error) => void;
}

export class V86Proxy implements EngineMachine {
  readonly capabilities: Capabilities;
  readonly identity: string;
  now: GuestTime = 0;
  readonly #worker: Worker;
  readonly #guardMs: number;
  /** What it was started with: forks are built alike. */
  readonly #built: { argument: StartArguments; context: EngineContext };
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Set<(event: EngineEvent) => void>();
  #requests = 0;
  /** Requests that let the guest run. */
  #runs = 0;
  #clock: ClockKind;
  #ended: Error | null = null;

  private constructor(argument: StartArguments, context: EngineContext, capabilities: Capabilities) {
    this.capabilities = capabilities;
    this.identity = argument.identity;
    this.#clock = argument.hardware.clock;
    this.#built = { argument, context };
    this.#guardMs = context.guardMs;
    this.#worker = new Worker(new URL('./node/worker.js', import.meta.url), {
      name: `guestwright-v86-${context.runId}`,
      // A machine's worker must not hold its own stdin, and what v86 prints is not for the user's terminal.
      stdin: false,
      stdout: true,
      stderr: true,
    });
    this.#worker.on('message', (message: ToOwner) => this.#receive(message));
    this.#worker.on('error', (error) => this.#end(engineFailure('its worker failed', error.stack ?? error.message)));
    this.#worker.on('exit', (code) => this.#end(engineFailure('its worker ended', `exit code ${code}`)));
  }

  static async start(argument: StartArguments, context: EngineContext, capabilities: Capabilities): Promise<V86Proxy> {
    const proxy = new V86Proxy(argument, context, capabilities);
    try {
      await proxy.#call('start', argument);
      return proxy;
    } catch (error) {
      await proxy[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #call<N extends CallName>(
    name: N,
    argument: Calls[N]['in'],
    transfer: ArrayBuffer[] = [],
  ): Promise<Calls[N]['out']> {
    if (this.#ended !== null) throw this.#ended;
    const id = ++this.#requests;
    return new Promise<Calls[N]['out']>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage({ id, name, argument }, transfer);
    });
  }

  #receive(message: ToOwner): void {
    switch (message.kind) {
      case 'answer': {
        this.now = message.status.now;
        const pending = this.#take(message.id);
        pending?.resolve(message.value as never);
        return;
      }
      case 'error': {
        this.now = message.status.now;
        const { failure, message: text, stack } = message.error;
        const error =
          failure === null
            ? engineFailure('a request failed in its worker', stack ?? text)
            : GuestwrightError.revive(text, failure);
        this.#take(message.id)?.reject(error);
        return;
      }
      case 'power':
      case 'reset':
      case 'stored':
        this.#emit(message);
    }
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  #emit(event: EngineEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** Every request that is still open fails with the reason; so does every later one. */
  #end(reason: Error): void {
    if (this.#ended !== null) return;
    this.#ended = reason;
    const failed = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of failed) reject(reason);
    this.#emit({ kind: 'failed', error: reason });
  }

  async input(input: Input): Promise<{ at: GuestTime }> {
    if (input.kind === 'clock') this.#clock = input.clock;
    return this.#call('input', input);
  }

  async advance(request: AdvanceRequest): Promise<AdvanceResult> {
    return await this.#guarded(request, async () => await this.#call('advance', request));
  }

  async trace(request: AdvanceRequest): Promise<Traced> {
    return await this.#guarded(request, async () => await this.#call('trace', request));
  }

  async #guarded<T>(request: AdvanceRequest, run: () => Promise<T>): Promise<T> {
    const guard = setTimeout(() => {
      this.#end(guardFired(this.#guardMs, request.limit - this.now));
      void this.#worker.terminate();
    }, this.#guardMs);
    this.#runs += 1;
    try {
      return await run();
    } finally {
      this.#runs -= 1;
      clearTimeout(guard);
    }
  }

  async observe<K extends Question['kind']>(question: Extract<Question, { kind: K }>): Promise<Answers[K]> {
    return (await this.#call('observe', question)) as Answers[K];
  }

  async save(): Promise<EngineSnapshot> {
    return this.#call('save', null);
  }

  async saveBeforeInput(): Promise<EngineSnapshot | null> {
    return await this.#call('saveBeforeInput', null);
  }

  async beginWrites(disk: number): Promise<void> {
    await this.#call('beginWrites', disk);
  }

  async endWrites(): Promise<DiskWrites> {
    return await this.#call('endWrites', null);
  }

  /** @throws GuestwrightError `usage/fork-disk-file` when a disk is kept in a file, which two cannot write to */
  async fork(id: string, { disks = new Map() }: ForkContext): Promise<V86Proxy> {
    assertForkable(this.#built.argument.hardware);
    const snapshot = await this.#call('share', id);
    const fork = (await takeSpare(this.identity)) ?? (await this.#another());
    try {
      await fork.#call('adopt', { snapshot, disks });
    } catch (error) {
      await fork[Symbol.asyncDispose]();
      throw error;
    }
    prepareSpare(this.identity, async () => {
      const spare = await this.#another();
      // Its memory is there then: to touch it for the first time takes longer than to copy a guest into it.
      await spare.#call('adopt', { snapshot, disks: new Map() });
      return spare;
    });
    return fork;
  }

  /** At power-on. */
  async #another(): Promise<V86Proxy> {
    const { argument, context } = this.#built;
    const alike = { ...argument };
    delete alike.state;
    delete alike.storeAt;
    return await V86Proxy.start(alike, context, this.capabilities);
  }

  get hasEnded(): boolean {
    return this.#ended !== null;
  }

  /** Whether the process waits for it. */
  ref(): void {
    this.#worker.ref();
  }

  unref(): void {
    this.#worker.unref();
  }

  async restore(id: string): Promise<void> {
    await this.#call('restore', id);
  }

  async forget(id: string): Promise<void> {
    await this.#call('forget', id);
  }

  async exportSnapshot(id: string, file: string): Promise<void> {
    await this.#call('export', { id, file });
  }

  async importSnapshot(file: string): Promise<EngineSnapshot> {
    return this.#call('import', file);
  }

  onEvent(listener: (event: EngineEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended === null) {
      try {
        await this.#flushAtEnd();
      } finally {
        this.#listeners.clear();
        this.#end(disposed());
        await this.#worker.terminate();
      }
    }
  }

  /**
   * Overlays that are files are written unless the worker is busy running the guest: then its run is being abandoned. On a
   * paced clock it is never busy for long, whoever waits for something.
   */
  async #flushAtEnd(): Promise<void> {
    if (this.#runs === 0 || this.#clock === 'paced') await this.flush();
  }

  async flush(): Promise<void> {
    await this.#call('flush', null);
  }
}

function engineFailure(what: string, seen: string): GuestwrightError {
  return new GuestwrightError(`The v86 engine failed: ${what}`, {
    kind: 'infrastructure',
    code: 'engine-failed',
    seen,
    next: 'run again; if it happens again at the same guest time, report it with the journal of the run',
  });
}

function disposed(): GuestwrightError {
  return new GuestwrightError('The machine has been disposed', {
    kind: 'usage',
    code: 'machine-disposed',
    next: 'await every call on the machine before its test or its owner ends',
  });
}
