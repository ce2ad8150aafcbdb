/**
 * A machine as those see it who only look on. People's machines run by themselves. One that a scenario drives does not: who
 * looks on never lets it run, and takes no change from the scenario that waits for it.
 */
import { EventEmitter } from 'node:events';
import type { EngineMachine } from '../../../sdk/engines/engine.js';
import { GuestwrightError } from '../../../sdk/errors.js';
import type { Machine } from '../../../sdk/machine/types.js';
import { makeFrame, type Frame } from '../../../sdk/screen/frame.js';

/** `stopped`: it does not run, and there is nothing to see until it does again. */
export type Seen = 'change' | 'limit' | 'stopped';

export interface Watched {
  /** Of the machine as it was launched: after a revert it is another. */
  readonly id: string;
  frame(): Promise<Frame>;
  /** What a serial port has sent from a byte on, and how many bytes in all. */
  serial(port: number, from: number): Promise<{ data: Uint8Array; end: number }>;
  /** Until there may be something new of this, or so many ms have passed: of the guest's, or on the wall. */
  untilChange(of: 'screen' | 'serial', ms: number): Promise<Seen>;
  /** Between two looks. */
  rest(ms: number): Promise<Seen>;
}

export function watchedMachine(machine: Machine): Watched {
  const until = async (on: readonly ('screen' | 'serial')[], ms: number): Promise<Seen> => {
    try {
      const reason = await machine.clock.untilChange(on, ms);
      if (reason === 'power') return 'stopped';
      return reason === 'limit' ? 'limit' : 'change';
    } catch (error) {
      // It is paused, or off, or its engine has failed.
      if (error instanceof GuestwrightError) return 'stopped';
      throw error;
    }
  };
  return {
    id: machine.id,
    frame: async () => await machine.screen.frame(),
    serial: async (port, from) => await machine.serialPort(port).bytes(from),
    untilChange: async (of, ms) => await until([of], ms),
    rest: async (ms) => await until([], ms),
  };
}

/** Wall ms after which a machine that runs by itself, whatever its scenario does, is looked at again. */
const FREE_GAP_MS = 50;

export class WatchedDriven implements Watched {
  readonly id: string;
  readonly #engine: EngineMachine;
  readonly #acts = new EventEmitter();

  constructor(id: string, engine: EngineMachine) {
    this.id = id;
    this.#engine = engine;
    // As many as look on.
    this.#acts.setMaxListeners(0);
  }

  /** The scenario has done something with it. */
  acted(): void {
    this.#acts.emit('act');
  }

  async frame(): Promise<Frame> {
    const content = await this.#engine.observe({ kind: 'screen', aside: true });
    return makeFrame(content, this.#engine.now);
  }

  async serial(port: number, from: number): Promise<{ data: Uint8Array; end: number }> {
    return await this.#engine.observe({ kind: 'serial', port, from, aside: true });
  }

  async untilChange(_of: 'screen' | 'serial', ms: number): Promise<Seen> {
    const isStepped = this.#engine.capabilities.clocks.includes('stepped');
    const limit = isStepped ? ms : Math.min(ms, FREE_GAP_MS);
    const hasActed = await this.#act(limit);
    return hasActed || !isStepped ? 'change' : 'limit';
  }

  async rest(ms: number): Promise<Seen> {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return 'limit';
  }

  /** @returns whether the scenario has done anything within so many wall ms */
  async #act(ms: number): Promise<boolean> {
    return await new Promise((resolve) => {
      const done = (hasActed: boolean): void => {
        clearTimeout(late);
        this.#acts.off('act', acted);
        resolve(hasActed);
      };
      const acted = (): void => done(true);
      const late = setTimeout(() => done(false), ms);
      this.#acts.once('act', acted);
    });
  }
}
