import type { ExpectMatcherState, MatcherReturnType } from '@playwright/test';
import type { Machine, Screen, ScreenRegion } from '../../sdk/machine/types.js';
import type { Region } from '../../sdk/screen/content.js';
import type { Frame } from '../../sdk/screen/frame.js';
import { sameFrame } from '../goldens/compare.js';
import { clipFrame } from '../goldens/picture.js';
import { lastScreen, unfulfilled, wordWaited, type MatcherCall } from './result.js';
import { runMatcher } from './run-matcher.js';
import { matcherTimeout, screenSubject } from './subject.js';

export interface ToHaveChangedOptions {
  /** A frame that was taken before: `const before = await screen.frame()`. Default: the one at the time of the call. */
  since?: Frame;
  /** Parts that do not count. */
  ignoring?: readonly Region[];
  /** Ms of guest time where the engine owns the clock, of wall time elsewhere. 0 looks once. */
  timeout?: number;
}

/** Passes as soon as the screen, or the part of it that is asked about, looks otherwise than in an earlier frame. */
export async function toHaveChanged(
  this: ExpectMatcherState,
  received: Screen | ScreenRegion | Machine,
  options: ToHaveChangedOptions = {},
): Promise<MatcherReturnType> {
  const { machine, words, within } = screenSubject(received, 'toHaveChanged');
  const since = options.since ?? (await machine.screen.frame());
  const part = async (frame: Frame) => {
    const place = await within?.place(frame);
    return place === null ? null : clipFrame(frame, place);
  };
  const before = await part(since);
  return await runMatcher({
    state: this,
    machine,
    name: 'toHaveChanged',
    subject: words,
    expected: '',
    timeout: matcherTimeout(machine, options.timeout, this.timeout),
    what: `the screen ${this.isNot ? 'to look as before' : 'to change'}`,
    on: ['screen'],
    check: async () => {
      const now = await part(await machine.screen.frame());
      const changed =
        before === null || now === null ? before !== now : !sameFrame(before, now, options.ignoring ?? []);
      return changed === this.isNot ? undefined : true;
    },
    ranOut: (call) => ranOut(call, since),
  });
}

async function ranOut(call: MatcherCall, since: Frame): Promise<MatcherReturnType> {
  const { machine, subject, state } = call;
  const taken = `the frame of ${since.time} ms`;
  return unfulfilled(
    call,
    state.isNot ? `${subject} looks otherwise than before` : `${subject} has not changed`,
    {
      kind: 'assertion',
      code: state.isNot ? 'screen-changed' : 'screen-unchanged',
      expected: state.isNot ? `no difference from ${taken}` : `a difference from ${taken} ${wordWaited(call)}`,
      seen: state.isNot ? 'a difference' : 'none',
    },
    await lastScreen(machine),
  );
}
