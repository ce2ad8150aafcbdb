/** The frame of every matcher that waits: look until it holds, then say how it ended. */
import type { ExpectMatcherState, MatcherReturnType } from '@playwright/test';
import type { Machine, WaitRequest } from '../../sdk/machine/types.js';
import { brokenOff, fulfilled, type MatcherCall } from './result.js';
import { waitFor } from './wait.js';

export interface Expectation<T> {
  state: ExpectMatcherState;
  machine: Machine;
  /** `toShowText`. */
  name: string;
  /** `machine.screen`, or a part of it. */
  subject: string;
  /** In the notation of the scenario; empty for none. */
  expected: string;
  timeout: number;
  /** What is waited for, for messages and records: `the text "grub>"`. */
  what: string;
  on: WaitRequest<T>['on'];
  survivesPowerOff?: boolean;
  /** A value as soon as it is decided; for `.not` it decides the opposite. */
  check: () => Promise<T | undefined> | T | undefined;
  woken?: WaitRequest<T>['woken'];
  /** A value was given. Default: fulfilled. */
  met?: (call: MatcherCall, value: T) => Promise<MatcherReturnType> | MatcherReturnType;
  /** The time ran out. */
  ranOut: (call: MatcherCall) => Promise<MatcherReturnType> | MatcherReturnType;
}

/** What a check gives that has found nothing where nothing is to be; others give what they have found, by which its place is known. */
export const GONE = { region: null };

export async function runMatcher<T>(expectation: Expectation<T>): Promise<MatcherReturnType> {
  const { state, machine, name, subject, expected, timeout, what, on, check, woken, survivesPowerOff } = expectation;
  const { outcome, waited } = await waitFor(machine, {
    what,
    on,
    timeout,
    check,
    ...(woken === undefined ? {} : { woken }),
    ...(survivesPowerOff === undefined ? {} : { survivesPowerOff }),
  });
  const call: MatcherCall = { state, name, subject, machine, expected, timeout, waited };
  switch (outcome.kind) {
    case 'met':
      return await (expectation.met ?? fulfilled)(call, outcome.value);
    case 'failed':
      return await brokenOff(call, outcome);
    case 'timeout':
      return await expectation.ranOut(call);
  }
}
