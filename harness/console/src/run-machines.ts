/** The machines that a page starts from its run. */
import { RemoteMachine } from './remote-machine.js';

export class RunMachines {
  readonly #file: Blob;
  /** Unpacks its parts while the page is looked at. */
  #ready: Worker | null;

  constructor(file: Blob) {
    this.#file = file;
    this.#ready = this.#prepare();
  }

  #prepare(): Worker {
    return RemoteMachine.prepare(this.#file);
  }

  /** Each is another machine, where the run ended. @throws GuestwrightError */
  async start(): Promise<RemoteMachine> {
    const worker = this.#ready ?? this.#prepare();
    this.#ready = null;
    return await RemoteMachine.start(worker);
  }

  /** Of those that have been started each is its owner's to end. */
  end(): void {
    this.#ready?.terminate();
    this.#ready = null;
  }
}
