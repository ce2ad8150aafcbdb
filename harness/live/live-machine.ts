/** Keeps a machine running for the pages that look at it, in step with the wall. */
import { once } from 'node:events';
import { setTimeout as wallTimer } from 'node:timers/promises';
import { GuestwrightError } from '../../sdk/errors.js';
import type { Machine } from '../../sdk/machine/types.js';
import type { Frame } from '../../sdk/screen/frame.js';
import type { Viewers } from './viewers.js';

/** Guest ms between two looks: 25 pictures a second while the guest keeps up with the wall. */
const LOOK_EVERY_MS = 40;

export class LiveMachine {
  readonly #machine: Machine;
  readonly #viewers: Viewers;
  readonly #changes = new EventTarget();
  #isPaused: boolean;
  #isGraphic = false;
  #shown: Frame['content'] | null = null;

  constructor(machine: Machine, viewers: Viewers, { paused }: { paused: boolean }) {
    this.#machine = machine;
    this.#viewers = viewers;
    this.#isPaused = paused;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  async setPaused(paused: boolean): Promise<void> {
    if (paused === this.#isPaused) return;
    this.#isPaused = paused;
    // A machine that runs by itself has to be stopped; another stands still where nobody lets it run.
    const { clock, state } = this.#machine;
    if (clock.kind === 'free' && state === (paused ? 'running' : 'paused')) {
      await (paused ? this.#machine.pause() : this.#machine.resume());
    }
    this.wake();
    this.#tell();
  }

  /** Something has been done with it: there may be something to show. */
  wake(): void {
    this.#changes.dispatchEvent(new Event('change'));
  }

  /** Until the signal, or until the machine is off. @returns whether it is off */
  async run(signal: AbortSignal): Promise<boolean> {
    const stop = (): void => this.wake();
    signal.addEventListener('abort', stop);
    try {
      for (;;) {
        await this.look();
        if (signal.aborted) return false;
        if (this.#machine.state === 'off') return true;
        if (this.#isPaused || this.#machine.state !== 'running') await this.#change();
        else await this.#advance();
      }
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  async look(): Promise<void> {
    if (this.#machine.state !== 'disposed') {
      const frame = await this.#machine.screen.frame();
      this.#isGraphic = frame.content.kind === 'graphic';
      this.#viewers.show(frame);
      if (frame.content !== this.#shown) {
        const rows = frame.grid?.lines.map((line) => line.trimEnd()) ?? null;
        this.#viewers.sayChanged({ kind: 'text', rows });
      }
      this.#shown = frame.content;
    }
    this.#tell();
  }

  /** Until something has been done with it, or the signal. */
  async changed(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const stop = (): void => this.wake();
    signal.addEventListener('abort', stop);
    await once(this.#changes, 'change');
    signal.removeEventListener('abort', stop);
  }

  async #change(): Promise<void> {
    await once(this.#changes, 'change');
  }

  /** The guest may stop meanwhile: the loop sees that by its state. */
  async #advance(): Promise<void> {
    const { clock } = this.#machine;
    try {
      // A paced guest keeps step by itself; one that is stepped would run as fast as the host can.
      await Promise.all([clock.advance(LOOK_EVERY_MS), clock.kind === 'stepped' ? wallTimer(LOOK_EVERY_MS) : null]);
    } catch (error) {
      if (error instanceof GuestwrightError && (error.kind === 'guest' || error.code === 'machine-paused')) return;
      throw error;
    }
  }

  #tell(): void {
    const { name, engine, clock, state } = this.#machine;
    // Tenths are what is shown.
    const time = Math.round(clock.now / 100) * 100;
    const [paused, graphic] = [this.#isPaused, this.#isGraphic];
    this.#viewers.sayChanged({ kind: 'machine', machine: { name, engine, time, state, paused, graphic } });
  }
}
