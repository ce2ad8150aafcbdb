import type { ExpectMatcherState, MatcherReturnType } from '@playwright/test';
import { GuestwrightError } from '../../sdk/errors.js';
import type { Machine, Screen, WaitForStableOptions } from '../../sdk/machine/types.js';
import { withoutSteps } from '../fixtures/steps.js';
import { brokenOff, fulfilled, lastScreen, unfulfilled, wordWaited, type MatcherCall } from './result.js';
import { matcherTimeout, subjectOf } from './subject.js';

export type ToBeStableOptions = WaitForStableOptions;

const DEFAULT_FOR_MS = 500;

/**
 * Passes when nothing on the screen has changed for a while (`for`, 500 ms): a blinking caret, a clock, and what
 * `ignoring` names do not count. `.not` passes as soon as something changes within that time.
 */
export async function toBeStable(
  this: ExpectMatcherState,
  received: Screen | Machine,
  options: ToBeStableOptions = {},
): Promise<MatcherReturnType> {
  const { machine } = subjectOf(received, 'toBeStable', 'machine.screen');
  const wanted = options.for ?? DEFAULT_FOR_MS;
  // To see that something moves, one stretch of time is enough.
  const timeout = this.isNot ? wanted : matcherTimeout(machine, options.timeout, this.timeout);
  const from = machine.clock.now;
  const outcome = await withoutSteps(() => watch(machine, { ...options, for: wanted, timeout }));
  const call: MatcherCall = {
    state: this,
    name: 'toBeStable',
    subject: 'machine.screen',
    machine,
    expected: '',
    timeout,
    waited: { from, to: machine.clock.now, checks: null },
  };
  if (outcome.kind === 'failed') return await brokenOff(call, outcome);
  if ((outcome.kind === 'still') !== this.isNot) return fulfilled(call);
  return unfulfilled(
    call,
    this.isNot ? `The screen of ${machine.name} stands still` : `The screen of ${machine.name} never stood still`,
    {
      kind: 'assertion',
      code: this.isNot ? 'screen-still' : 'screen-restless',
      expected: this.isNot ? `a change ${wordWaited(call)}` : `${wanted} ms without a change ${wordWaited(call)}`,
      seen: this.isNot ? 'none' : 'something changed again and again',
      ...(this.isNot
        ? {}
        : { next: 'leave out what moves: { ignoring: [region] } or { ignoring: [machine.screen.getByText(/…/)] }' }),
    },
    await lastScreen(machine),
  );
}

type Outcome = { kind: 'still' } | { kind: 'restless' } | { kind: 'failed'; error: GuestwrightError };

async function watch(machine: Machine, options: WaitForStableOptions): Promise<Outcome> {
  try {
    await machine.screen.waitForStable(options);
    return { kind: 'still' };
  } catch (error) {
    if (!(error instanceof GuestwrightError)) throw error;
    return error.code === 'screen-restless' ? { kind: 'restless' } : { kind: 'failed', error };
  }
}
