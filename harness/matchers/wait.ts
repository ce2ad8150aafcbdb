/** How matchers wait: through the machine's clock, at sample points, with every way to end as a value. */
import { GuestwrightError } from '../../sdk/errors.js';
import type { GuestTime } from '../../sdk/engines/engine.js';
import type { Machine, WaitRequest } from '../../sdk/machine/types.js';
import { noteCompared } from '../compare/record.js';
import { noteStep } from '../attempts/record.js';
import { wordTime } from '../fixtures/guest-time.js';
import { currentTest, withoutSteps } from '../fixtures/steps.js';
import { pauseBeforeAction } from '../pause/pauses.js';
import { watchStep } from '../runs/watch.js';
import { traceStep } from '../trace/trace-steps.js';
import { recordStep } from '../verify/record.js';
import { videoStep } from '../video/test-videos.js';

export type WaitOutcome<T> =
  | { kind: 'met'; value: T }
  /** The time ran out. */
  | { kind: 'timeout' }
  /** It can no longer be met: the guest crashed, halted or powered off, the engine failed, the call was wrong. */
  | { kind: 'failed'; error: GuestwrightError };

/** What a matcher's wait was like: for its message. */
export interface Waited {
  from: GuestTime;
  to: GuestTime;
  /** How often the check was made; null where it was watched without a count. */
  checks: number | null;
}

class RanOut extends Error {}

/** @param waited guest ms that it was given: the same in every run */
function wordOutcome(
  outcome: WaitOutcome<unknown>,
  what: string,
  waited: GuestTime,
): { error: string | null; value: unknown } {
  switch (outcome.kind) {
    case 'met':
      return { error: null, value: outcome.value };
    case 'timeout':
      return { error: `not in time: waited ${wordTime(waited)} for ${what}`, value: null };
    case 'failed':
      return { error: outcome.error.message, value: null };
  }
}

/** Waits for `check` to give a value. Errors that are none of ours (a bug, a test that ended) are thrown on. */
export async function waitFor<T>(
  machine: Machine,
  request: Omit<WaitRequest<T>, 'onTimeout'>,
): Promise<{ outcome: WaitOutcome<T>; waited: Waited }> {
  const { clock } = machine;
  const title = `Expect ${request.what}`;
  const testInfo = currentTest();
  if (testInfo !== null) await withoutSteps(() => pauseBeforeAction(testInfo, machine, title));
  const from = clock.now;
  const traced = testInfo === null ? null : traceStep(testInfo, machine, { action: 'expect', title, params: {} });
  videoStep(machine, title);
  let checks = 0;
  const check = () => {
    checks++;
    return request.check();
  };
  const outcome = await withoutSteps(async (): Promise<WaitOutcome<T>> => {
    try {
      const onTimeout = () => new RanOut();
      return { kind: 'met', value: await clock.waitUntil<T>({ ...request, check, onTimeout }) };
    } catch (error) {
      if (error instanceof RanOut) return { kind: 'timeout' };
      if (error instanceof GuestwrightError) return { kind: 'failed', error };
      throw error;
    }
  });
  const waited = { from, to: clock.now, checks };
  const words = wordOutcome(outcome, request.what, request.timeout ?? clock.now - from);
  await withoutSteps(async () => {
    watchStep(machine, title, from, words.error);
    await recordStep(machine, title);
    await noteStep(machine, { title, from, passed: outcome.kind === 'met' });
    await noteCompared(machine, { title, from, ...words });
    await traced?.end(outcome.kind === 'met' ? { value: outcome.value } : { error: null });
  });
  return { outcome, waited };
}
