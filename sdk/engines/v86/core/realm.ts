/**
 * The realm: what v86 takes from its surroundings when its module is evaluated, and later. It has to be replaced before
 * v86 is imported, so one realm (a worker) holds one machine at a time. A machine that is switched on again, or restored
 * over a growth of its memory, gets a fresh v86 instance in the same realm: the hooks ask for the present one.
 */
import type { GuestClock, GuestRandom } from './guest-clock.js';

/** Where the hooks look for time and randomness. */
export interface Surroundings {
  clock: GuestClock;
  random: GuestRandom;
}

let present: Surroundings | null = null;

/** Taken before anything is replaced: wall time, for pacing and for yielding only. */
const hostPerformance = globalThis.performance;
export const hostNow: () => number = hostPerformance.now.bind(hostPerformance);

export function enterRealm(surroundings: Surroundings): void {
  if (present === null) replaceGlobals();
  present = surroundings;
}

function surroundings(): Surroundings {
  if (present === null) throw new Error('the realm has no machine');
  return present;
}

function replaceGlobals(): void {
  const define = (target: object, name: string, value: unknown): void => {
    Object.defineProperty(target, name, { value, configurable: true, writable: true });
  };
  define(globalThis, 'performance', { now: () => surroundings().clock.microtick() });
  define(Math, 'random', () => surroundings().random.fraction());
  define(globalThis.crypto, 'getRandomValues', (array: Uint8Array | Int32Array | Uint32Array) => {
    for (let i = 0; i < array.length; i++) array[i] = surroundings().random.int32();
    return array;
  });
  const HostDate = globalThis.Date;
  /** `new Date()` reads the clock too, and a local time zone is the host's. */
  class GuestDate extends HostDate {
    constructor(...parts: unknown[]) {
      super(...((parts.length === 0 ? [GuestDate.now()] : parts) as [number]));
    }

    static override now(): number {
      return surroundings().clock.date();
    }

    override getTimezoneOffset(): number {
      return 0;
    }
  }
  define(globalThis, 'Date', GuestDate);
}
