/** Guest-time pacing that keyboard, pointer and serial port share. Nothing here waits on the host's clock. */
import type { GuestTime } from '../engines/engine.js';
import type { MachinePort } from '../machine/port.js';
import { waitWithin } from '../machine/wait-within.js';

/** How often something is asked that no sample point announces, guest ms: one step of the stepped engines' grid. */
const ASK_EVERY = 10;

/** Keeps a distance in guest time between events. */
export class Spacing {
  #port: MachinePort;
  #last: GuestTime | null = null;

  constructor(port: MachinePort) {
    this.#port = port;
  }

  /** Lets the guest run until `ms` have passed since the last event. Before the first there is nothing to wait for. */
  async until(ms: number): Promise<void> {
    const { clock } = this.#port;
    // A revert can have put the clock back to before the last event.
    if (this.#last === null || this.#last > clock.now) return;
    const rest = this.#last + ms - clock.now;
    if (rest > 0) await clock.advance(rest);
  }

  mark(): void {
    this.#last = this.#port.clock.now;
  }

  forget(): void {
    this.#last = null;
  }
}

/**
 * Waits for something that the machine does not announce (a controller being enabled, a packet being taken) by asking at
 * every step of guest time.
 * @param request.timeout guest ms
 */
export async function askUntil(
  port: MachinePort,
  request: { what: string; check: () => Promise<boolean>; timeout: number; onTimeout: () => Error | Promise<Error> },
): Promise<void> {
  const { clock } = port;
  const start = clock.now;
  const check = async () => ((await request.check()) ? true : undefined);
  for (;;) {
    const left = Math.max(0, request.timeout - (clock.now - start));
    if (await waitWithin(port, { what: request.what, on: [], check, timeout: Math.min(ASK_EVERY, left) })) return;
    if (left === 0) throw await request.onTimeout();
  }
}
