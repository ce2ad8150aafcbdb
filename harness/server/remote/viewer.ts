/** One who looks at a machine: what it does there counts while it has control, and nothing of it stays when it is gone. */
import type { Layout } from '../../../sdk/input/layout.js';
import type { PlaceOnScreen, PointerButtons } from '../../../sdk/machine/types.js';
import type { ScreenBoard } from '../../../sdk/rfb/index.js';
import type { ViewerInput } from '../../../sdk/rfb/session.js';
import { ViewerKeys } from '../../../sdk/rfb/viewer-keys.js';
import type { Control } from './control.js';
import type { Greeting } from './greeting.js';
import type { InputQueue } from './input-queue.js';

const LEFT = 1;
const MIDDLE = 2;
const RIGHT = 4;
const WHEEL_UP = 8;
const WHEEL_DOWN = 16;

const NO_BUTTONS: PointerButtons = { left: false, middle: false, right: false };

export interface ViewerParts {
  greeting: Greeting;
  layout: Layout;
  board: ScreenBoard;
  input: InputQueue;
  control: Control;
  /** Wall ms without input; 0: for ever. */
  idleMs: number;
  onIdle: () => void;
}

export class Viewer {
  readonly #parts: ViewerParts;
  readonly #keys: ViewerKeys;
  readonly #who: { by: string; viewer: string };
  #buttons = 0;
  #place: PlaceOnScreen | null = null;
  #timer: NodeJS.Timeout | null = null;
  /** Null: it was not let go. */
  whyIdle: string | null = null;

  constructor(parts: ViewerParts) {
    this.#parts = parts;
    const { by, viewer } = parts.greeting;
    this.#who = { by, viewer };
    this.#keys = new ViewerKeys(parts.layout);
    if (parts.idleMs > 0) this.#timer = setTimeout(() => this.#isIdle(), parts.idleMs);
  }

  /** @returns whether it reached the machine */
  take(input: ViewerInput): boolean {
    this.#timer?.refresh();
    const { greeting, control } = this.#parts;
    if (!greeting.mayUse) return false;
    // To move the mouse over a picture is not to ask for control of it.
    const asks = input.kind === 'key' ? input.down : input.buttons !== 0;
    if (!asks && !control.isHeldBy(this.#who)) return false;
    if (!control.mayUse(this.#who)) return false;
    if (input.kind === 'key') this.#parts.input.keys(this.#keys.change(input));
    else this.#point(input);
    return true;
  }

  #point({ x, y, buttons }: Extract<ViewerInput, { kind: 'pointer' }>): void {
    const { board, input } = this.#parts;
    const { width, height } = board;
    this.#place = { x: Math.min(x, width - 1), y: Math.min(y, height - 1), width, height };
    input.point(this.#place, buttonsOf(buttons));
    const pressed = buttons & ~this.#buttons;
    if ((pressed & WHEEL_UP) !== 0) input.wheel(-1);
    if ((pressed & WHEEL_DOWN) !== 0) input.wheel(1);
    this.#buttons = buttons;
  }

  /** Whatever it holds down comes up, once somebody else has control. */
  letGoUnlessInControl(): void {
    if (!this.#parts.control.isHeldBy(this.#who)) this.#letGo();
  }

  leave(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#letGo();
    this.#parts.control.left(this.#who.viewer);
  }

  #letGo(): void {
    const { input } = this.#parts;
    input.keys(this.#keys.releaseAll());
    if (this.#place !== null && (this.#buttons & (LEFT | MIDDLE | RIGHT)) !== 0) input.point(this.#place, NO_BUTTONS);
    this.#buttons = 0;
  }

  #isIdle(): void {
    this.whyIdle = 'nothing was done for long';
    this.#parts.onIdle();
  }
}

function buttonsOf(mask: number): PointerButtons {
  return { left: (mask & LEFT) !== 0, middle: (mask & MIDDLE) !== 0, right: (mask & RIGHT) !== 0 };
}
