/**
 * v86's queue of bytes between the host and the PS/2 controller, with what is in it in plain sight: v86's own keeps its
 * bytes in a closure, where no snapshot finds them.
 */

/** Plain data: it is captured with the device that it belongs to. */
export class ByteQueue {
  length = 0;
  readonly #size: number;
  data: Uint8Array;
  start = 0;
  end = 0;

  /** @param size bytes, a power of two */
  constructor(size: number) {
    this.#size = size;
    this.data = new Uint8Array(size);
  }

  /** One that is full loses its order as v86's does: what is written last is read where the first was. */
  push(byte: number): void {
    if (this.length !== this.#size) this.length++;
    this.data[this.end] = byte;
    this.end = (this.end + 1) & (this.#size - 1);
  }

  /** -1: it is empty. */
  shift(): number {
    if (this.length === 0) return -1;
    const byte = this.data[this.start] ?? -1;
    this.start = (this.start + 1) & (this.#size - 1);
    this.length--;
    return byte;
  }

  peek(): number {
    return this.length === 0 ? -1 : (this.data[this.start] ?? -1);
  }

  clear(): void {
    this.length = 0;
    this.start = 0;
    this.end = 0;
  }
}

/** Bytes in each of the controller's two queues. */
const SIZE = 1024;

/** What of v86's PS/2 controller is needed here. */
export interface QueuedController {
  kbd_buffer: { length: number };
  mouse_buffer: { length: number };
  reset: () => void;
}

/** Puts queues of ours into a controller, for good: a reset makes new ones, which no snapshot would know. */
export function ownQueues(ps2: QueuedController): void {
  const [keys, mouse] = [new ByteQueue(SIZE), new ByteQueue(SIZE)];
  const take = (): void => {
    keys.clear();
    mouse.clear();
    ps2.kbd_buffer = keys;
    ps2.mouse_buffer = mouse;
  };
  const { reset } = ps2;
  ps2.reset = () => {
    reset.call(ps2);
    take();
  };
  take();
}
