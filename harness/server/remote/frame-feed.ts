/**
 * Keeps looking at a machine's screen while somebody wants to see it: as often as it changes, and 30 times a second at most.
 * While somebody uses it, who waits for what comes of that, as often as the engine looks at a screen. QEMU's own VNC server is
 * not used: it is no quicker (the bench `server` holds one beside the other), and what it shows would not be what scenarios see.
 */
import { GuestwrightError } from '../../../sdk/errors.js';
import type { Frame } from '../../../sdk/screen/frame.js';
import type { Watched } from '../process/watched.js';

/** Ms between two looks at a screen that changes all the time. */
const LOOK_EVERY_MS = 33;
/** Wall ms after a key or a click in which it counts as being used. */
const IN_USE_MS = 500;
/** Ms of one wait: what ends the machine waits for it. */
const WAIT_MS = 200;
/** Waits without a change after which it is looked at all the same: somebody else may have taken the change for theirs. */
const LOOK_AFTER_WAITS = 5;

export class FrameFeed {
  readonly #watched: Watched;
  readonly #onFrame: (frame: Frame) => void;
  readonly #running: Promise<void>;
  #isStopped = false;
  #inUseUntil = -Infinity;
  #wake: () => void = () => undefined;

  /** @param onFailure something is wrong with us */
  constructor(watched: Watched, onFrame: (frame: Frame) => void, onFailure: (error: unknown) => void) {
    this.#watched = watched;
    this.#onFrame = onFrame;
    this.#running = this.#run().catch(onFailure);
  }

  /** The machine may run again, or be otherwise. */
  stir(): void {
    this.#wake();
  }

  /** Somebody does something there. */
  used(): void {
    this.#inUseUntil = performance.now() + IN_USE_MS;
  }

  /** Resolves when nothing more is asked of the machine. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#wake();
    await this.#running;
  }

  /** A method: it is another after each wait. */
  #mayGoOn(): boolean {
    return !this.#isStopped;
  }

  async #run(): Promise<void> {
    while (this.#mayGoOn()) {
      const stirred = new Promise<void>((resolve) => (this.#wake = resolve));
      try {
        this.#onFrame(await this.#watched.frame());
        if (this.#mayGoOn() && (await this.#change())) continue;
      } catch (error) {
        // It is paused, or off, or its engine has failed: there is nothing to see until that is otherwise.
        if (!(error instanceof GuestwrightError)) throw error;
      }
      if (this.#mayGoOn()) await stirred;
    }
  }

  /** @returns whether it may be looked at again; false: the machine has stopped */
  async #change(): Promise<boolean> {
    const isInUse = performance.now() < this.#inUseUntil;
    if (!isInUse && (await this.#watched.rest(LOOK_EVERY_MS)) === 'stopped') return false;
    for (let waits = 0; waits < LOOK_AFTER_WAITS && this.#mayGoOn(); waits++) {
      const seen = await this.#watched.untilChange('screen', WAIT_MS);
      if (seen !== 'limit') return seen === 'change';
    }
    return true;
  }
}
