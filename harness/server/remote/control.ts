/** Who has a machine's keyboard and mouse: one at a time, and everybody else looks. */
import { GuestwrightError } from '../../../sdk/errors.js';

/** Somebody who may use the machine: by the name of the token or user, and through one of its viewers or whatever it has. */
export interface Holder {
  by: string;
  /** Null: whatever this name uses. */
  viewer: string | null;
}

export interface ControlState {
  holder: Holder | null;
  /** When it was taken. Null: nobody has it. */
  since: string | null;
}

/** What became of it, for whoever is told. */
export type ControlChange =
  | { kind: 'taken'; by: string; from: string | null }
  | { kind: 'released'; by: string; why: 'given-back' | 'idle' | 'left' };

export class Control {
  readonly #onChange: (change: ControlChange) => void;
  readonly #idleMs: number;
  #holder: Holder | null = null;
  #since: Date | null = null;
  #timer: NodeJS.Timeout | null = null;

  /** @param idleMs wall ms without any input after which it is released; 0: never */
  constructor({ idleMs, onChange }: { idleMs: number; onChange: (change: ControlChange) => void }) {
    this.#idleMs = idleMs;
    this.#onChange = onChange;
  }

  get state(): ControlState {
    return { holder: this.#holder, since: this.#since?.toISOString() ?? null };
  }

  /**
   * Who has it already keeps it, and may narrow it to a viewer or widen it.
   * @throws GuestwrightError `usage/control-held` without `force`
   */
  take(who: Holder, { force }: { force: boolean }): void {
    const before = this.#holder;
    if (before !== null && before.by !== who.by && !force) throw held(before);
    this.#holder = { ...who };
    if (before?.by === who.by && before.viewer === who.viewer) {
      this.#wait();
      return;
    }
    this.#since = new Date();
    this.#wait();
    this.#onChange({ kind: 'taken', by: who.by, from: before?.by === who.by ? null : (before?.by ?? null) });
  }

  /** @throws GuestwrightError `usage/control-held`: somebody else has it */
  release(by: string, { force = false } = {}): void {
    if (this.#holder === null) return;
    if (this.#holder.by !== by && !force) throw held(this.#holder);
    this.#end('given-back');
  }

  /** A viewer has gone, and what it alone had. */
  left(viewer: string): void {
    if (this.#holder?.viewer === viewer) this.#end('left');
  }

  isHeldBy({ by, viewer }: { by: string; viewer: string }): boolean {
    const holder = this.#holder;
    return holder !== null && holder.by === by && (holder.viewer === null || holder.viewer === viewer);
  }

  /** Whether a viewer's input counts. The first that nobody stands against takes it. */
  mayUse(viewer: { by: string; viewer: string }): boolean {
    if (this.#holder === null) this.take(viewer, { force: false });
    else if (!this.isHeldBy(viewer)) return false;
    this.#wait();
    return true;
  }

  /** Input that is no viewer's. @throws GuestwrightError `usage/control-held` without `force` */
  assertFree(by: string | null, { force }: { force: boolean }): void {
    if (this.#holder === null || force) return;
    if (this.#holder.by !== by) throw held(this.#holder);
    this.#wait();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #end(why: 'given-back' | 'idle' | 'left'): void {
    const by = this.#holder?.by ?? '';
    this.#holder = this.#since = null;
    this.stop();
    this.#onChange({ kind: 'released', by, why });
  }

  /** From now on it is idle. */
  #wait(): void {
    if (this.#idleMs === 0) return;
    // A movement of the mouse is many inputs: the timer that is there begins anew.
    if (this.#timer === null) this.#timer = setTimeout(() => this.#end('idle'), this.#idleMs);
    else this.#timer.refresh();
  }
}

function held({ by }: Holder): GuestwrightError {
  return new GuestwrightError(`${by} has control of the machine`, {
    kind: 'usage',
    code: 'control-held',
    expected: 'a machine that nobody else uses',
    seen: `control is held by ${by}`,
    next: 'ask for it, or take it with force: that is written into the log',
  });
}
