/**
 * What the guest has taken of its keyboard and mouse. QMP does not say; QEMU's trace points do, as lines of its log: a
 * byte put into the keyboard's queue, a byte read out of the controller, a command written to the keyboard. From these
 * the queue is followed, so that nothing is typed faster than the guest takes it.
 *
 * Sources: `hw/input/ps2.c` and `hw/input/trace-events` of QEMU 7.2.
 */

/** Bytes that the queue of QEMU's keyboard holds; what comes then is dropped. */
const QUEUE_BYTES = 16;

/** Commands to the keyboard and the bytes that it answers with; every other known one answers with one. */
const REPLY_BYTES: Readonly<Record<number, number>> = { 0xf2: 3, 0xff: 2 };
const WITH_PARAMETER = [0xed, 0xf0, 0xf3];
const ENABLE = 0xf4;
const DISABLE = 0xf5;
const RESET_COMMANDS = [0xf5, 0xf6, 0xff];

/** Plain data. */
export interface InputState {
  pendingKeys: number;
  keyboardEnabled: boolean;
  mouseEnabled: boolean;
  replies: number;
  awaitedParameter: boolean;
  translates: boolean;
}

export class InputWatch {
  /** Key bytes that the guest has not read yet. */
  pendingKeys = 0;
  /** Firmware or a driver has switched the keyboard on. */
  keyboardEnabled = false;
  /** A driver has switched the PS/2 mouse on. */
  mouseEnabled = false;
  #replies = 0;
  #awaitedParameter = false;
  /** The controller turns codes of set 2 into set 1: a release is then one byte rather than two. */
  #translates = true;
  #keyboard: string | null = null;

  /** After a reset or a power-on. */
  reset(): void {
    this.pendingKeys = 0;
    this.keyboardEnabled = false;
    this.mouseEnabled = false;
    this.#replies = 0;
    this.#awaitedParameter = false;
  }

  save(): InputState {
    const { pendingKeys, keyboardEnabled, mouseEnabled } = this;
    const [replies, awaitedParameter, translates] = [this.#replies, this.#awaitedParameter, this.#translates];
    return { pendingKeys, keyboardEnabled, mouseEnabled, replies, awaitedParameter, translates };
  }

  /** In another process, in which the keyboard has another address. */
  restore(state: InputState): void {
    this.pendingKeys = state.pendingKeys;
    this.keyboardEnabled = state.keyboardEnabled;
    this.mouseEnabled = state.mouseEnabled;
    this.#replies = state.replies;
    this.#awaitedParameter = state.awaitedParameter;
    this.#translates = state.translates;
    this.#keyboard = null;
  }

  /** Takes a line of the log. @returns whether it was one of ours */
  line(text: string): boolean {
    const [, name, device = '', rest = ''] = /^ps2_(\w+) (0x[0-9a-f]+) ?(.*)$/.exec(text) ?? [];
    switch (name) {
      case 'keyboard_event':
        this.#keyboard = device;
        this.#translates = / xlate 1$/.test(rest);
        return true;
      case 'put_keycode':
        this.#keyboard = device;
        this.#put(numberIn(rest));
        return true;
      case 'read_data':
        // Of a device that is not known yet it is taken for the keyboard: after a restore only keys are waited for.
        if (device === this.#keyboard || this.#keyboard === null) this.#read();
        return true;
      case 'write_keyboard':
        this.#keyboard = device;
        this.#command(numberIn(rest));
        return true;
      case 'write_mouse':
        this.#mouseCommand(numberIn(rest));
        return true;
      default:
        return false;
    }
  }

  #put(code: number): void {
    if (code === 0xf0 && this.#translates) return;
    if (this.pendingKeys + this.#replies < QUEUE_BYTES) this.pendingKeys++;
  }

  /** Answers to commands come before keys. */
  #read(): void {
    if (this.#replies > 0) this.#replies--;
    else if (this.pendingKeys > 0) this.pendingKeys--;
  }

  #command(value: number): void {
    if (this.#awaitedParameter) {
      this.#awaitedParameter = false;
      this.#replies++;
      return;
    }
    if (RESET_COMMANDS.includes(value)) this.pendingKeys = 0;
    this.#awaitedParameter = WITH_PARAMETER.includes(value);
    // A driver that has asked does not ask again before it has read the answer.
    this.#replies = REPLY_BYTES[value] ?? 1;
    if (value === ENABLE) this.keyboardEnabled = true;
    else if (value === DISABLE || value === 0xff) this.keyboardEnabled = false;
  }

  #mouseCommand(value: number): void {
    if (value === ENABLE) this.mouseEnabled = true;
    else if (value === DISABLE || value === 0xff) this.mouseEnabled = false;
  }
}

/** `keycode 0x1c`, `val 244`. */
function numberIn(text: string): number {
  return Number(/(0x[0-9a-f]+|\d+)$/.exec(text)?.[1] ?? Number.NaN);
}
