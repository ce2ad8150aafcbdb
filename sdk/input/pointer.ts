/** The pointer: pixels of the frame turned into what the guest's pointing device reports. */
import type { PointerAction } from '../engines/engine.js';
import { GuestwrightError } from '../errors.js';
import { InOrder } from '../machine/in-order.js';
import type { MachinePort } from '../machine/port.js';
import type { MouseButton, Pointer } from '../machine/types.js';
import { contentSize } from '../screen/frame.js';
import { askUntil } from './pace.js';

/** Most counts that one packet moves: what a PS/2 mouse reports without its overflow bits. */
const MAX_STEP = 127;

/** Guest ms between going down and going up, and between the clicks of a double click. */
const CLICK_HOLD = 50;

/** Steps of a drag: a guest only sees dragging when the pointer moves while the button is down. */
const DRAG_STEPS = 8;

interface Position {
  readonly x: number;
  readonly y: number;
}

interface Buttons {
  readonly left: boolean;
  readonly middle: boolean;
  readonly right: boolean;
}

export interface PointerState {
  readonly position: Position | null;
  readonly buttons: Buttons;
}

const NO_BUTTONS: Buttons = { left: false, middle: false, right: false };

/**
 * On a guest with an absolute pointer every position is exact.
 *
 * On a relative one (PS/2) the guest alone knows where its pointer is, and may accelerate it: the position here is what
 * the counts add up to at one pixel a count, and as good as the guest's acceleration lets it be (switch it off in the
 * guest: `xset m 1/1 0`). The first move therefore goes far into the top-left corner, where every guest stops, so that
 * positions can be reproduced; {@link GuestPointer.home} does so again.
 *
 * Every method throws `guest/pointer-not-enabled` when no driver of the guest has enabled the pointer within the expect
 * time-out (most text-mode programs never do), `guest/pointer-not-read` when it stops reading it, and
 * `usage/pointer-outside-screen`.
 */
export class GuestPointer implements Pointer {
  readonly #port: MachinePort;
  readonly #order = new InOrder();
  /** Where the pointer is assumed to be; null before the first move. */
  #position: Position | null = null;
  #buttons: Buttons = NO_BUTTONS;

  constructor(port: MachinePort) {
    this.#port = port;
  }

  async move(x: number, y: number): Promise<void> {
    await this.#act('move', `Move the pointer to ${x}, ${y}`, { x, y }, async () => {
      await this.#moveTo({ x, y });
    });
  }

  async click(x: number, y: number, options: { button?: MouseButton; count?: number } = {}): Promise<void> {
    const { button = 'left', count = 1 } = options;
    await this.#act('click', `Click at ${x}, ${y}`, { x, y, ...options }, async () => {
      await this.#moveTo({ x, y });
      for (let i = 0; i < count; i++) {
        if (i > 0) await this.#port.clock.advance(CLICK_HOLD);
        await this.#hold({ [button]: true }, async () => await this.#port.clock.advance(CLICK_HOLD));
      }
    });
  }

  /** Presses the left button at `from`, moves to `to` in steps, and lets go. */
  async drag(from: Position, to: Position): Promise<void> {
    const title = `Drag from ${from.x}, ${from.y} to ${to.x}, ${to.y}`;
    await this.#act('drag', title, { from, to }, async () => {
      await this.#inside(to);
      await this.#moveTo(from);
      await this.#hold({ left: true }, async () => {
        await this.#port.clock.advance(CLICK_HOLD);
        for (let step = 1; step <= DRAG_STEPS; step++) {
          const along = (a: number, b: number) => Math.round(a + ((b - a) * step) / DRAG_STEPS);
          await this.#moveTo({ x: along(from.x, to.x), y: along(from.y, to.y) });
        }
        await this.#port.clock.advance(CLICK_HOLD);
      });
    });
  }

  /** @param dy notches of the wheel, a whole number; positive scrolls down */
  async wheel(dy: number): Promise<void> {
    await this.#act('wheel', `Turn the wheel by ${dy}`, { dy }, async () => {
      if (!Number.isInteger(dy)) throw notANumber('the wheel', 'a whole number of notches', dy);
      for (let i = 0; i < Math.abs(dy); i++) await this.#send({ type: 'wheel', dy: Math.sign(dy) });
    });
  }

  async down(button: MouseButton = 'left'): Promise<void> {
    await this.#act(
      'down',
      `Press the ${button} button`,
      { button },
      async () => await this.#press({ [button]: true }),
    );
  }

  async up(button: MouseButton = 'left'): Promise<void> {
    await this.#act('up', `Release the ${button} button`, { button }, async () => {
      await this.#press({ [button]: false });
    });
  }

  /** Moves a relative pointer far into the top-left corner, from where positions are counted. */
  async home(): Promise<void> {
    await this.#act('home', 'Move the pointer to the top-left corner', {}, async () => {
      const { absolute } = await this.#port.observe({ kind: 'pointer' });
      if (absolute) await this.#moveTo({ x: 0, y: 0 });
      else await this.#home(await this.#frameSize());
    });
  }

  /** For snapshots: what a revert must bring back on this side. */
  save(): PointerState {
    return { position: this.#position, buttons: this.#buttons };
  }

  /** After a revert, or with no state after a power-on or a reset. */
  restore(state: PointerState = { position: null, buttons: NO_BUTTONS }): void {
    this.#position = state.position;
    this.#buttons = state.buttons;
  }

  async #act(name: string, title: string, params: Record<string, unknown>, run: () => Promise<void>): Promise<void> {
    await this.#port.act({ name: `pointer.${name}`, title, params }, async () => {
      await this.#order.run(async () => {
        await this.#enabled();
        await run();
      });
    });
  }

  async #moveTo(to: Position): Promise<void> {
    const size = await this.#inside(to);
    const { absolute } = await this.#port.observe({ kind: 'pointer' });
    if (absolute) {
      // The middle of the pixel, so that no rounding of the guest's ends up beside it.
      await this.#send({ type: 'moveTo', x: (to.x + 0.5) / size.width, y: (to.y + 0.5) / size.height });
      this.#position = to;
      return;
    }
    await this.#moveBy(this.#position ?? (await this.#home(size)), to);
  }

  async #home(size: { width: number; height: number }): Promise<Position> {
    // Twice as far as the screen is large: a guest may move less than a pixel a count.
    const far = 2 * Math.max(size.width, size.height);
    await this.#moveBy({ x: far, y: far }, { x: 0, y: 0 });
    return (this.#position = { x: 0, y: 0 });
  }

  /** Moves in a straight line of packets. */
  async #moveBy(from: Position, to: Position): Promise<void> {
    const steps = Math.ceil(Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y)) / MAX_STEP);
    let at = from;
    for (let step = 1; step <= steps; step++) {
      const along = (a: number, b: number) => Math.round(a + ((b - a) * step) / steps);
      const next = { x: along(from.x, to.x), y: along(from.y, to.y) };
      await this.#send({ type: 'move', dx: next.x - at.x, dy: next.y - at.y });
      at = next;
      this.#position = at;
    }
  }

  /** Runs `during` with buttons down, and releases them whatever happens. */
  async #hold(buttons: Partial<Buttons>, during: () => Promise<void>): Promise<void> {
    const before = this.#buttons;
    await this.#press(buttons);
    try {
      await during();
    } catch (error) {
      try {
        await this.#press(before);
      } catch {
        // The machine is gone; the first error is the one to tell.
        this.#buttons = before;
      }
      throw error;
    }
    await this.#press(before);
  }

  async #press(change: Partial<Buttons>): Promise<void> {
    const buttons = { ...this.#buttons, ...change };
    await this.#send({ type: 'buttons', ...buttons });
    this.#buttons = buttons;
  }

  /** One packet, then until the guest has taken it. */
  async #send(action: PointerAction): Promise<void> {
    await this.#port.input({ kind: 'pointer', action });
    const timeout = this.#port.timeouts.expect;
    await askUntil(this.#port, {
      what: 'the guest to read its pointer',
      check: async () => (await this.#port.observe({ kind: 'pointer' })).pending === 0,
      timeout,
      onTimeout: () =>
        new GuestwrightError('The guest does not read its pointer', {
          kind: 'guest',
          code: 'pointer-not-read',
          expected: `the movement or click taken within ${timeout} ms of guest time`,
          seen: `packets still waiting in the pointing device at ${this.#port.clock.now} ms`,
          next: 'the guest may hang or have closed its mouse driver: look at the screen',
        }),
    });
  }

  async #enabled(): Promise<void> {
    const timeout = this.#port.timeouts.expect;
    await askUntil(this.#port, {
      what: 'the guest to enable its pointer',
      check: async () => (await this.#port.observe({ kind: 'pointer' })).enabled,
      timeout,
      onTimeout: () =>
        new GuestwrightError(`The guest did not enable its pointer within ${timeout} ms`, {
          kind: 'guest',
          code: 'pointer-not-enabled',
          expected: 'a mouse driver in the guest',
          seen: 'the pointing device was never switched on',
          next: 'most programs in text modes have no mouse: use the keyboard, or load a mouse driver in the guest',
        }),
    });
  }

  async #frameSize(): Promise<{ width: number; height: number }> {
    return contentSize(await this.#port.observe({ kind: 'screen' }));
  }

  async #inside({ x, y }: Position): Promise<{ width: number; height: number }> {
    if (!Number.isFinite(x) || !Number.isFinite(y)) {
      throw notANumber('the pointer', 'x and y in pixels of the frame', `${x}, ${y}`);
    }
    const size = await this.#frameSize();
    if (x >= 0 && y >= 0 && x < size.width && y < size.height) return size;
    throw new GuestwrightError(`The point ${x}, ${y} is outside the screen`, {
      kind: 'usage',
      code: 'pointer-outside-screen',
      expected: `x from 0 to ${size.width - 1} and y from 0 to ${size.height - 1}`,
      seen: `${x}, ${y} on a screen of ${size.width}x${size.height}`,
      next: 'take positions from a region of the current frame: screen.getByText(...).region()',
    });
  }
}

function notANumber(what: string, expected: string, seen: unknown): GuestwrightError {
  return new GuestwrightError(`The value for ${what} is not valid`, {
    kind: 'usage',
    code: 'pointer-value-invalid',
    expected,
    seen: String(seen),
  });
}
