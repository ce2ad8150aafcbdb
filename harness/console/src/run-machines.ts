/** The machines that a page starts from its run. */
import { inputOf, type RunAgain } from '../../runs/again.js';
import type { RunFile } from '../../runs/format.js';
import { RemoteMachine } from './remote-machine.js';
import type { GuestTime } from './types.js';

/** Guest ms between two words about how far it is. */
const STRETCH_MS = 500;

export class RunMachines {
  readonly #file: Blob;
  /** Unpacks its parts while the page is looked at. */
  #ready: Worker | null;

  /** Inputs of the run. */
  #again: RunAgain['inputs'] = [];

  constructor(file: Blob) {
    this.#file = file;
    this.#ready = this.#prepare();
  }

  /** When it has been read. */
  know(run: RunFile): void {
    this.#again = run.again?.inputs ?? [];
  }

  #prepare(): Worker {
    return RemoteMachine.prepare(this.#file);
  }

  /**
   * Each is another machine.
   * @param at guest ms; null: where the run ended, which is at once. An earlier instant is run to from power-on
   * @param onProgress told the guest ms that it is at meanwhile
   * @throws GuestwrightError
   */
  async start(at: GuestTime | null, onProgress: (now: GuestTime) => void): Promise<RemoteMachine> {
    const worker = this.#ready ?? this.#prepare();
    this.#ready = null;
    if (at === null) return await RemoteMachine.start(worker, 'the end');
    const machine = await RemoteMachine.start(worker, 'power-on');
    try {
      await runTo(machine, this.#again, at, onProgress);
    } catch (error) {
      machine.end();
      throw error;
    }
    return machine;
  }

  /** Of those that have been started each is its owner's to end. */
  end(): void {
    this.#ready?.terminate();
    this.#ready = null;
  }
}

/** Every input at its time: the machine is bit-exact, so it comes to the same states. */
async function runTo(
  machine: RemoteMachine,
  inputs: RunAgain['inputs'],
  at: GuestTime,
  onProgress: (now: GuestTime) => void,
): Promise<void> {
  for (const entry of inputs) {
    // What went in at that very instant the guest has not seen yet.
    if (entry.at >= at) break;
    await advanceTo(machine, entry.at, onProgress);
    await machine.input(inputOf(entry.input));
  }
  await advanceTo(machine, at, onProgress);
}

async function advanceTo(machine: RemoteMachine, at: GuestTime, onProgress: (now: GuestTime) => void): Promise<void> {
  while (machine.now < at) {
    const { power } = await machine.advance(Math.min(at, machine.now + STRETCH_MS), 'nothing');
    onProgress(machine.now);
    // Its time stands still then.
    if (power === 'off' || power === 'crashed') return;
  }
}
