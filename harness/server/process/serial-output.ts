/** What a port of a machine has sent, for whoever watches it: a stretch of the past, then all that comes. */
import { EventEmitter } from 'node:events';
import { z } from 'zod';
import type { Watched } from './watched.js';

export const serialPort = z.coerce.number().int().min(0).max(3);

export interface SerialQuestion {
  port: number;
  /** How far the caller has come; null: it begins. */
  at: SerialPlace | null;
}

export interface SerialPlace {
  /** Names the machine as it was launched: after a revert it is another, which may have sent less. */
  run: string;
  /** Bytes that the port has sent. */
  end: number;
}

export interface SerialPiece {
  /** Base64. Empty: nothing came for a while. */
  data: string;
  /** Null: nothing was ever heard. */
  at: SerialPlace | null;
  /** It is another run: what the caller had before is not of it. */
  again: boolean;
}

/** Bytes of the past that somebody who begins to watch gets. */
export const HISTORY_BYTES = 64 * 1024;
/** Bytes of one answer. */
const MOST_BYTES = 256 * 1024;
/** Wall ms after which an answer says that nothing came: nobody may be there any more. */
const LONGEST_WAIT_MS = 5000;
/** Ms of one wait: what ends the machine waits for it, and somebody else may have taken the change for theirs. */
const WAIT_MS = 200;

export class SerialOutput {
  readonly #machineNow: () => Watched | null;
  /** Waits that the machine is in. */
  readonly #waits = new Set<Promise<unknown>>();
  readonly #stirs = new EventEmitter();

  /** @param machineNow null: it is being exchanged for what it was at a snapshot */
  constructor(machineNow: () => Watched | null) {
    this.#machineNow = machineNow;
    // As many as watch.
    this.#stirs.setMaxListeners(0);
  }

  /** Resolves when there is something to tell. Ports are looked at only while somebody asks. */
  async since(question: SerialQuestion): Promise<SerialPiece> {
    const until = performance.now() + LONGEST_WAIT_MS;
    for (;;) {
      const machine = this.#machineNow();
      try {
        const piece = machine === null ? null : await pieceOf(machine, question);
        if (piece !== null) return piece;
      } catch (error) {
        // One that went back to a snapshot meanwhile is another, which is asked then.
        if (machine === this.#machineNow()) throw error;
      }
      const rest = until - performance.now();
      if (rest <= 0) return { data: '', at: question.at, again: false };
      if (machine === null || !(await this.#sends(machine))) await this.#stirred(rest);
    }
  }

  /** Something of the machine's state is otherwise: it may run again. */
  stir(): void {
    this.#stirs.emit('stir');
  }

  /** Of a machine that is no longer the one: nothing more is asked of it when this resolves. */
  async leave(): Promise<void> {
    await Promise.allSettled(this.#waits);
  }

  /** When it has sent something, or might have. @returns false: it does not run */
  async #sends(machine: Watched): Promise<boolean> {
    const wait = machine.untilChange('serial', WAIT_MS);
    this.#waits.add(wait);
    try {
      return (await wait) !== 'stopped';
    } finally {
      this.#waits.delete(wait);
    }
  }

  async #stirred(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(late);
        this.#stirs.off('stir', done);
        resolve();
      };
      const late = setTimeout(done, ms);
      this.#stirs.once('stir', done);
    });
  }
}

/** Null: nothing new. */
async function pieceOf(machine: Watched, { port, at }: SerialQuestion): Promise<SerialPiece | null> {
  const isSame = at?.run === machine.id;
  const { end } = await machine.serial(port, Number.MAX_SAFE_INTEGER);
  if (isSame && end <= at.end) return null;
  const from = isSame ? at.end : Math.max(0, end - HISTORY_BYTES);
  const { data } = await machine.serial(port, from);
  const some = data.subarray(0, MOST_BYTES);
  return {
    data: Buffer.from(some).toString('base64'),
    at: { run: machine.id, end: from + some.length },
    again: at !== null && !isSame,
  };
}
