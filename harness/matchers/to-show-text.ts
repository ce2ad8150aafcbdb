import type { ExpectMatcherState, MatcherReturnType } from '@playwright/test';
import type { Machine, Screen } from '../../sdk/machine/types.js';
import type { Frame } from '../../sdk/screen/frame.js';
import { findText, nearestMiss } from '../../sdk/screen/text.js';
import { withoutSteps } from '../fixtures/steps.js';
import { brokenOff, fulfilled, unfulfilled, wordFrame, wordPattern, wordWaited, type MatcherCall } from './result.js';
import { matcherTimeout, subjectOf } from './subject.js';
import { waitFor } from './wait.js';

export interface ToShowTextOptions {
  /** Ms of guest time where the engine owns the clock, of wall time elsewhere. 0 looks once. */
  timeout?: number;
  /** The text is all that stands on its row, or between two borders on it. */
  exact?: boolean;
}

/**
 * Passes as soon as the screen shows the text. A string is found within a row, runs of blanks counting as one; an
 * expression is matched by rows.
 */
export async function toShowText(
  this: ExpectMatcherState,
  received: Screen | Machine,
  text: string | RegExp,
  options: ToShowTextOptions = {},
): Promise<MatcherReturnType> {
  const { machine } = subjectOf(received, 'toShowText', 'machine.screen');
  const timeout = matcherTimeout(machine, options.timeout, this.timeout);
  const exact = options.exact ?? false;
  const shows = ({ grid }: Frame) => grid !== null && findText(grid, text, { exact }).length > 0;
  const { outcome, waited } = await waitFor(machine, {
    what: `the text ${wordPattern(text)}${this.isNot ? ' to go' : ''}`,
    on: ['screen'],
    timeout,
    check: async () => (shows(await machine.screen.frame()) === this.isNot ? undefined : true),
  });
  const expected = wordPattern(text);
  const call: MatcherCall = {
    state: this,
    name: 'toShowText',
    subject: 'machine.screen',
    machine,
    expected,
    timeout,
    waited,
  };
  switch (outcome.kind) {
    case 'met':
      return fulfilled(call);
    case 'failed':
      return brokenOff(call, outcome);
    case 'timeout':
      return ranOut(call, text, await withoutSteps(() => machine.screen.frame()));
  }
}

function ranOut(call: MatcherCall, text: string | RegExp, frame: Frame): MatcherReturnType {
  const { machine, expected, state } = call;
  const summary = state.isNot
    ? `${machine.name} still shows the text ${expected}`
    : `${machine.name} did not show the text ${expected}`;
  const near = state.isNot || frame.grid === null ? null : nearestMiss(frame.grid, text);
  const wait = wordWaited(call);
  return unfulfilled(
    call,
    summary,
    {
      kind: 'assertion',
      code: state.isNot ? 'text-still-shown' : 'text-not-shown',
      expected: state.isNot ? `the text ${expected} to be gone ${wait}` : `the text ${expected} ${wait}`,
      seen: near === null ? wordAbsence(frame, state.isNot) : wordNear(near),
    },
    wordFrame(frame),
    frame.grid?.lines
      .map((line) => line.trimEnd())
      .join('\n')
      .trimEnd(),
  );
}

function wordNear({ text, row, distance }: { text: string; row: number; distance: number }): string {
  const characters = distance === 1 ? '1 character differs' : `${distance} characters differ`;
  return distance === 0
    ? `nearest miss: ${JSON.stringify(text)} in row ${row}, but not where it was asked for`
    : `nearest miss: ${JSON.stringify(text)} in row ${row} (${characters})`;
}

function wordAbsence(frame: Frame, present: boolean): string {
  if (present) return 'it is on the screen below';
  return frame.grid === null ? 'the screen has no text cells' : 'nothing like it on the screen below';
}
