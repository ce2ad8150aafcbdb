/** A machine in a worker, as the page sees it. */
import type { CallName, Calls, Request, ToOwner } from '../../../sdk/engines/browser.js';
import type { AdvanceResult, GuestTime, Input, ScreenAnswer, StateHash } from './types.js';
import { revive, workerFailed } from './page-errors.js';
import type { FromWorker, StartsFrom, ToWorker } from './protocol.js';

interface Waiting {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

export class RemoteMachine {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #requests = 0;
  now: GuestTime = 0;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** A worker that makes a machine ready to start. */
  static prepare(file: Blob): Worker {
    const worker = new Worker(new URL('./machine.worker.ts', import.meta.url), { type: 'module' });
    worker.postMessage({ kind: 'prepare', file } satisfies ToWorker);
    return worker;
  }

  /** @param worker of `prepare`, for this machine alone @throws GuestwrightError */
  static async start(worker: Worker, from: StartsFrom): Promise<RemoteMachine> {
    const machine = new RemoteMachine(worker);
    const started = new Promise<unknown>((resolve, reject) => machine.#waiting.set(0, { resolve, reject }));
    worker.onmessage = ({ data }: MessageEvent<ToOwner | FromWorker>) => machine.#hear(data);
    worker.onerror = ({ message }) => machine.#fail(workerFailed(message));
    worker.postMessage({ kind: 'start', from } satisfies ToWorker);
    try {
      await started;
    } catch (error) {
      worker.terminate();
      throw error;
    }
    return machine;
  }

  #hear(message: ToOwner | FromWorker): void {
    switch (message.kind) {
      case 'answer':
      case 'error': {
        this.now = message.status.now;
        const one = this.#waiting.get(message.id);
        this.#waiting.delete(message.id);
        if (message.kind === 'answer') one?.resolve(message.value);
        else one?.reject(revive(message.error));
        return;
      }
      case 'refused':
        this.#fail(revive(message.error));
        return;
      default:
    }
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  async #call<N extends CallName>(name: N, argument: Calls[N]['in']): Promise<Calls[N]['out']> {
    const id = ++this.#requests;
    return (await new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, name, argument } satisfies Request<N>);
    })) as Calls[N]['out'];
  }

  async input(input: Input): Promise<{ at: GuestTime }> {
    return await this.#call('input', input);
  }

  /** To the next change of the screen, or the limit. */
  async advance(limit: GuestTime, stopOn: 'screen' | 'nothing'): Promise<AdvanceResult> {
    return await this.#call('advance', { limit, stopOn: stopOn === 'screen' ? ['screen'] : [] });
  }

  async screen(): Promise<ScreenAnswer> {
    return (await this.#call('observe', { kind: 'screen' })) as ScreenAnswer;
  }

  async serial(from: number): Promise<{ data: Uint8Array; end: number }> {
    return (await this.#call('observe', { kind: 'serial', port: 0, from })) as { data: Uint8Array; end: number };
  }

  async stateHash(): Promise<StateHash> {
    return (await this.#call('observe', { kind: 'stateHash' })) as StateHash;
  }

  end(): void {
    this.#worker.terminate();
    this.#fail(new Error('The machine has been ended'));
  }
}
