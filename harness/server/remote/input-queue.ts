/** What viewers do, in the order in which they did it, as fast as the guest takes it. */
import { GuestwrightError } from '../../../sdk/errors.js';
import type { Hands, PlaceOnScreen, PointerButtons } from '../../../sdk/machine/types.js';
import type { KeyChange } from '../../../sdk/rfb/viewer-keys.js';

type Act =
  | ({ kind: 'key' } & KeyChange)
  | { kind: 'point'; place: PlaceOnScreen; buttons: PointerButtons }
  | { kind: 'wheel'; dy: number };

/** Acts that wait. A guest that has stopped reading is typed at no longer: only releases are kept then. */
const MOST_WAITING = 4096;

export class InputQueue {
  #hands: Hands | null = null;
  #waiting: Act[] = [];
  #working: Promise<void> | null = null;
  readonly #onFailure: (error: unknown) => void;

  /** @param onFailure something is wrong with us */
  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  attach(hands: Hands): void {
    this.#hands = hands;
  }

  /** What waits is lost. Resolves when nothing more is asked of the machine. */
  async detach(): Promise<void> {
    this.#hands = null;
    this.#waiting = [];
    await this.#working;
  }

  keys(changes: readonly KeyChange[]): void {
    for (const change of changes) this.#add({ kind: 'key', ...change });
  }

  point(place: PlaceOnScreen, buttons: PointerButtons): void {
    const last = this.#waiting.at(-1);
    // Where it has been on its way is of no interest, unless a button went down or up there.
    if (last?.kind === 'point' && sameButtons(last.buttons, buttons)) last.place = place;
    else this.#add({ kind: 'point', place, buttons });
  }

  wheel(dy: number): void {
    this.#add({ kind: 'wheel', dy });
  }

  #add(act: Act): void {
    if (this.#hands === null) return;
    const isRelease = act.kind === 'key' && !act.down;
    if (this.#waiting.length >= MOST_WAITING && !isRelease) return;
    this.#waiting.push(act);
    this.#working ??= this.#work()
      .catch(this.#onFailure)
      .finally(() => (this.#working = null));
  }

  async #work(): Promise<void> {
    for (let act = this.#waiting.shift(); act !== undefined; act = this.#waiting.shift()) {
      try {
        if (this.#hands !== null) await does(this.#hands, act);
      } catch (error) {
        // A machine that is paused or off hears nothing.
        if (!(error instanceof GuestwrightError)) throw error;
      }
    }
  }
}

async function does(hands: Hands, act: Act): Promise<void> {
  switch (act.kind) {
    case 'key':
      await hands.key(act.code, act.down);
      return;
    case 'point':
      await hands.point(act.place, act.buttons);
      return;
    case 'wheel':
      await hands.wheel(act.dy);
  }
}

function sameButtons(a: PointerButtons, b: PointerButtons): boolean {
  return a.left === b.left && a.middle === b.middle && a.right === b.right;
}
