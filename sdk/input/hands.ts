/**
 * Somebody's hands at the keyboard and the mouse, as they come: keys go down and up one by one, and what the guest does not
 * read is lost, as on any PC. Who writes a scenario wants `keyboard` and `pointer`, which wait and say what went wrong.
 */
import type { PointerAction } from '../engines/engine.js';
import type { MachinePort } from '../machine/port.js';
import type { Hands, PlaceOnScreen, PointerButtons } from '../machine/types.js';
import { waitWithin } from '../machine/wait-within.js';
import type { KeyCode } from './keycodes.js';
import { askUntil } from './pace.js';
import type { GuestPointer } from './pointer.js';

/** Guest ms in which a guest that is there takes a key or a movement. */
const PATIENCE = 1000;
/** Most counts that one packet moves. */
const MAX_STEP = 127;

export class GuestHands implements Hands {
  readonly #port: MachinePort;
  /** It knows where the pointer of a guest with a mouse is supposed to be. */
  readonly #pointer: GuestPointer;

  constructor(port: MachinePort, pointer: GuestPointer) {
    this.#port = port;
    this.#pointer = pointer;
  }

  async key(code: KeyCode, down: boolean): Promise<void> {
    await this.#port.input({ kind: 'key', code, down });
    const { enabled } = await this.#port.observe({ kind: 'keyboard' });
    // Firmware that has not come to its keyboard yet takes nothing, and is not waited for.
    if (!enabled) return;
    await waitWithin(this.#port, {
      what: 'the guest to read its keyboard',
      on: ['keyboard', 'power'],
      check: async () => {
        const { pending } = await this.#port.observe({ kind: 'keyboard' });
        const { state } = await this.#port.observe({ kind: 'power' });
        return pending === 0 || state !== 'running' ? true : undefined;
      },
      timeout: PATIENCE,
      survivesPowerOff: true,
    });
  }

  async point(place: PlaceOnScreen, buttons: PointerButtons): Promise<void> {
    const { absolute, enabled } = await this.#port.observe({ kind: 'pointer' });
    if (!enabled) return;
    const { position, buttons: before } = this.#pointer.save();
    const { x, y, width, height } = place;
    if (position?.x !== x || position.y !== y) {
      if (absolute) {
        // The middle of the pixel, so that no rounding of the guest's ends up beside it.
        await this.#send({ type: 'moveTo', x: (x + 0.5) / width, y: (y + 0.5) / height });
      } else {
        await this.#moveBy(position ?? (await this.#home(place)), place);
      }
    }
    const { left, middle, right } = buttons;
    if (left !== before.left || middle !== before.middle || right !== before.right) {
      await this.#send({ type: 'buttons', left, middle, right });
    }
    this.#pointer.restore({ position: { x, y }, buttons: { left, middle, right } });
  }

  async wheel(dy: number): Promise<void> {
    const { enabled } = await this.#port.observe({ kind: 'pointer' });
    if (!enabled) return;
    for (let i = 0; i < Math.abs(dy); i++) await this.#send({ type: 'wheel', dy: Math.sign(dy) });
  }

  /** Far into the top-left corner, where every guest stops. */
  async #home({ width, height }: PlaceOnScreen): Promise<{ x: number; y: number }> {
    const far = 2 * Math.max(width, height);
    const corner = { x: 0, y: 0 };
    await this.#moveBy({ x: far, y: far }, corner);
    return corner;
  }

  async #moveBy(from: { x: number; y: number }, to: { x: number; y: number }): Promise<void> {
    const steps = Math.ceil(Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y)) / MAX_STEP);
    let [x, y] = [from.x, from.y];
    for (let step = 1; step <= steps; step++) {
      const along = (a: number, b: number) => Math.round(a + ((b - a) * step) / steps);
      const next = { x: along(from.x, to.x), y: along(from.y, to.y) };
      await this.#send({ type: 'move', dx: next.x - x, dy: next.y - y });
      [x, y] = [next.x, next.y];
    }
  }

  /** One packet, then until the guest has taken it, or until it is clear that it does not. */
  async #send(action: PointerAction): Promise<void> {
    await this.#port.input({ kind: 'pointer', action });
    const late = new Error('not taken');
    try {
      await askUntil(this.#port, {
        what: 'the guest to read its pointer',
        check: async () => (await this.#port.observe({ kind: 'pointer' })).pending === 0,
        timeout: PATIENCE,
        onTimeout: () => late,
      });
    } catch (error) {
      if (error !== late) throw error;
    }
  }
}
