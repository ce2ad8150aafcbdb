import type { ExpectMatcherState, MatcherReturnType } from '@playwright/test';
import type { Machine, MachineState } from '../../sdk/machine/types.js';
import type { Failure } from '../../sdk/errors.js';
import { brokenOff, fulfilled, lastScreen, unfulfilled, wordWaited, type MatcherCall } from './result.js';
import { matcherTimeout, subjectOf } from './subject.js';
import { waitFor } from './wait.js';

export interface ToBePoweredOffOptions {
  timeout?: number;
}

/** Passes as soon as the machine is off. `.not` looks once: a machine that is off does not start by itself. */
export async function toBePoweredOff(
  this: ExpectMatcherState,
  received: Machine,
  options: ToBePoweredOffOptions = {},
): Promise<MatcherReturnType> {
  const { machine } = subjectOf(received, 'toBePoweredOff', 'machine');
  const timeout = this.isNot ? 0 : matcherTimeout(machine, options.timeout, this.timeout);
  const { outcome, waited } = await waitFor(machine, {
    what: 'power-off',
    on: ['power'],
    timeout,
    survivesPowerOff: true,
    // A machine that halted or crashed will not power off any more.
    check: () => (this.isNot || ended(machine.state) ? machine.state : undefined),
  });
  const call: MatcherCall = {
    state: this,
    name: 'toBePoweredOff',
    subject: 'machine',
    machine,
    expected: '',
    timeout,
    waited,
  };
  if (outcome.kind === 'failed') return brokenOff(call, outcome);
  const { state } = machine;
  if ((state === 'off') !== this.isNot) return fulfilled(call);
  return unfulfilled(call, wordState(machine, this.isNot), describe(call, state), await lastScreen(machine), state);
}

function ended(state: MachineState): boolean {
  return state === 'off' || state === 'halted' || state === 'crashed';
}

function wordState({ name, state }: Machine, negated: boolean): string {
  return negated ? `${name} is powered off` : `${name} is not powered off: it is ${state}`;
}

function describe(call: MatcherCall, state: MachineState): Failure {
  if (call.state.isNot)
    return { kind: 'guest', code: 'powered-off', expected: 'the machine to be on', seen: 'it is off' };
  const expected = `power-off ${wordWaited(call)}`;
  const cause = call.machine.failure?.seen;
  switch (state) {
    case 'halted':
      return {
        kind: 'guest',
        code: 'halted',
        expected,
        seen: 'the guest halted its CPU with interrupts off, for good',
        next: 'see whether the guest was told to halt and not to power off, and whether it found ACPI (spec: acpi: true)',
      };
    case 'crashed':
      return {
        kind: 'guest',
        code: 'crashed',
        expected,
        seen: `the guest crashed${cause === undefined ? '' : `: ${cause}`}`,
      };
    default:
      return { kind: 'assertion', code: 'not-powered-off', expected, seen: `the machine is ${state}` };
  }
}
