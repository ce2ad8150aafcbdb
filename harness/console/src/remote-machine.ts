/** A machine in a worker, as the page sees it. */
import type { CallName, Calls, Request, ToOwner } from '../../../sdk/engines/browser.js';
import type { AdvanceResult, GuestTime, Input, ScreenAnswer, StateHash } from './types.js';
import type { FromWorker, ToWorker } from './protocol.js';

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

  /** @param file of the run; it is copied @throws Error in words */
  static async start(file: ArrayBuffer): Promise<RemoteMachine> {
    const worker = newWorker();
    const machine = new RemoteMachine(worker);
    const started = new Promise<unknown>((resolve, reject) => machine.#waiting.set(0, { resolve, reject }));
    worker.onmessage = ({ data }: MessageEvent<ToOwner | FromWorker>) => machine.#hear(data);
    worker.onerror = ({ message }) => machine.#fail(new Error(`The machine's worker failed: ${message}`));
    worker.postMessage({ kind: 'open', file } satisfies ToWorker);
    worker.postMessage({ kind: 'resume' } satisfies ToWorker);
    await started;
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
        else one?.reject(new Error(message.error.message));
        return;
      }
      case 'refused':
        this.#fail(new Error(message.why));
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

/** Also for reading a run without its machine. */
export function newWorker(): Worker {
  return new Worker(new URL('./machine.worker.ts', import.meta.url), { type: 'module' });
}
