import type { ExpectMatcherState, MatcherReturnType } from '@playwright/test';
import { chooseOf, wordChoices } from '../../sdk/machine/one-of.js';
import type { Choice, Machine, Screen } from '../../sdk/machine/types.js';
import { withoutSteps } from '../fixtures/steps.js';
import { unfulfilled, wordFrame, wordWaited, type MatcherCall } from './result.js';
import { runMatcher } from './run-matcher.js';
import { matcherTimeout, subjectOf } from './subject.js';

export interface ToShowOneOfOptions {
  /** Ms of guest time where the engine owns the clock, of wall time elsewhere. 0 looks once. */
  timeout?: number;
  /** Is told which of them it was. */
  then?: (name: string) => void;
}

/**
 * Passes as soon as one of several things is on the screen: `{ login: 'login:', panic: /panic/, ok: getByGolden('ok') }`.
 * A matcher cannot return anything: `then` is told the name; `screen.waitForOneOf` returns it. `.not` passes when none of
 * them is there.
 */
export async function toShowOneOf(
  this: ExpectMatcherState,
  received: Screen | Machine,
  choices: Record<string, Choice>,
  options: ToShowOneOfOptions = {},
): Promise<MatcherReturnType> {
  const { machine } = subjectOf(received, 'toShowOneOf', 'machine.screen');
  const words = wordChoices(choices);
  const choose = async () => await chooseOf(machine.screen, choices, await machine.screen.frame());
  return await runMatcher<string>({
    state: this,
    machine,
    name: 'toShowOneOf',
    subject: 'machine.screen',
    expected: words,
    timeout: matcherTimeout(machine, options.timeout, this.timeout),
    what: `${this.isNot ? 'none' : 'one'} of ${words}`,
    on: ['screen'],
    check: async () => {
      const name = await choose();
      if (name !== undefined && !this.isNot) options.then?.(name);
      return (name !== undefined) === this.isNot ? undefined : (name ?? '');
    },
    ranOut: async (call) => await ranOut(call, words, await withoutSteps(choose)),
  });
}

async function ranOut(call: MatcherCall, words: string, name: string | undefined): Promise<MatcherReturnType> {
  const { machine, state } = call;
  const { frame, page } = await withoutSteps(async () => ({
    frame: await machine.screen.frame(),
    page: await machine.screen.read(),
  }));
  return unfulfilled(
    call,
    state.isNot ? `${machine.name} still shows ${name ?? 'one of them'}` : `${machine.name} shows none of ${words}`,
    {
      kind: 'assertion',
      code: state.isNot ? 'one-still-shown' : 'none-shown',
      expected: `${state.isNot ? 'none' : 'one'} of ${words} ${wordWaited(call)}`,
      seen: state.isNot ? `${name ?? 'one of them'} is on the screen below` : 'none of them on the screen below',
    },
    wordFrame(frame, { page }),
  );
}
