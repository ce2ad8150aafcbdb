/** Guest time of a machine, and the one way of waiting. */
import type { AdvanceResult, ClockKind, EngineMachine, GuestTime, StopReason } from '../engines/engine.js';
import { GuestwrightError } from '../errors.js';
import type { Action, Clock, MachineState, Timeouts, WaitRequest } from './types.js';

/** What the clock needs of its machine. */
export interface ClockHost {
  readonly timeouts: Timeouts;
  readonly state: MachineState;
  /** The engine's machine. @throws GuestwrightError when there is none, or when the machine is paused */
  runnable(what: string): EngineMachine;
  /** Why the guest cannot go on, as an error that says what was waited for. */
  stopped(what: string): Promise<GuestwrightError>;
  /** The guest's kernel has given up, as far as it said so: the failure of whatever is waited for. Null: it has not. */
  panicked(what: string, waited: number): Promise<GuestwrightError | null>;
  act<T>(action: Action, run: () => Promise<T>): Promise<T>;
  /** What the screen has to be like during every wait. */
  readonly invariants: { readonly any: boolean; verify(): Promise<void> };
  readonly clockKind: ClockKind;
  /** Guest time when there is no engine's machine yet. */
  readonly now: GuestTime;
}

export class MachineClock implements Clock {
  readonly #host: ClockHost;

  constructor(host: ClockHost) {
    this.#host = host;
  }

  get kind(): ClockKind {
    return this.#host.clockKind;
  }

  get now(): GuestTime {
    return this.#host.now;
  }

  async advance(ms: number): Promise<void> {
    const action = { name: 'clock.advance', title: `Let ${ms} guest ms pass`, params: { ms } };
    await this.#host.act(action, async () => this.#advance(ms));
  }

  async #advance(ms: number): Promise<void> {
    const what = `${ms} guest ms to pass`;
    if (!Number.isFinite(ms) || ms < 0) {
      throw new GuestwrightError('The clock cannot be advanced', {
        kind: 'usage',
        code: 'advance-invalid',
        expected: 'a number of guest ms, 0 or more',
        seen: String(ms),
      });
    }
    const limit = this.now + ms;
    while (this.now < limit) {
      const stopOn: readonly StopReason[] = this.#host.invariants.any ? ['screen'] : [];
      const { power } = await this.#host.runnable(what).advance({ limit, stopOn });
      await this.#host.invariants.verify();
      if (power === 'off' || power === 'crashed') throw await this.#host.stopped(what);
    }
  }

  async untilChange(on: readonly StopReason[], ms: number): Promise<StopReason | 'limit'> {
    const { reason } = await this.#host.runnable('a change').advance({ limit: this.now + ms, stopOn: on });
    return reason;
  }

  async waitUntil<T>(request: WaitRequest<T>): Promise<T> {
    const { what, on, check, timeout = this.#host.timeouts.expect } = request;
    const start = this.now;
    const limit = start + timeout;
    let last: AdvanceResult | null = null;
    // Of a machine that runs by itself: it goes on while something else ends.
    let advancing: Promise<AdvanceResult> | null = null;
    for (;;) {
      await this.#host.invariants.verify();
      const value = await check();
      if (value !== undefined) return value;
      const woken = request.woken?.() ?? null;
      const { state } = this.#host;
      const ended = state === 'off' || state === 'crashed';
      if (ended && request.survivesPowerOff === true) throw await this.#timedOut(request, this.now - start);
      if (ended || (state === 'halted' && request.survivesPowerOff !== true)) throw await this.#host.stopped(what);
      if (this.now >= limit || last?.reason === 'limit') {
        if (woken === null) throw await this.#timedOut(request, this.now - start);
        // What was begun in time may still be the answer.
        await woken;
        continue;
      }
      // With invariants the screen is looked at whatever is waited for.
      const stopOn: readonly StopReason[] = this.#host.invariants.any ? [...new Set([...on, 'screen' as const])] : on;
      advancing ??= this.#host.runnable(what).advance({ limit, stopOn });
      last = await (woken === null ? advancing : soonerOf(advancing, woken));
      if (last !== null) advancing = null;
    }
  }

  async #timedOut<T>(request: WaitRequest<T>, waited: number): Promise<Error> {
    // What the guest's last words explain is no missed expectation.
    const panic = request.mayTimeOut === true ? null : await this.#host.panicked(request.what, waited);
    if (panic !== null) return panic;
    if (request.onTimeout !== undefined) return request.onTimeout(waited);
    return new GuestwrightError(`Timed out waiting for ${request.what}`, {
      kind: 'assertion',
      code: 'timeout',
      expected: request.what,
      seen: `nothing of it in ${waited} guest ms (guest time ${this.now} ms)`,
      next: 'look at the screen in the report, or give it longer with { timeout } (guest ms)',
    });
  }
}

/** The guest's stop, or null when the other ended before it. */
async function soonerOf(advancing: Promise<AdvanceResult>, woken: Promise<void>): Promise<AdvanceResult | null> {
  // Should nobody wait for the guest any more, its failure is the next call's to tell.
  advancing.catch(() => undefined);
  return await Promise.race([advancing, woken.then(() => null)]);
}
