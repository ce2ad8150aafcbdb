import type { ExpectMatcherState, MatcherReturnType } from '@playwright/test';
import type { GetByTextOptions, Machine, Screen, ScreenRegion } from '../../sdk/machine/types.js';
import type { NearestMiss } from '../../sdk/screen/nearest-miss.js';
import { nearestMiss } from '../../sdk/screen/text.js';
import { wordRows } from '../../sdk/screen/word-screen.js';
import { withoutSteps } from '../fixtures/steps.js';
import { unfulfilled, wordFrame, wordPattern, wordWaited, type MatcherCall } from './result.js';
import { GONE, runMatcher } from './run-matcher.js';
import { matcherTimeout, screenSubject } from './subject.js';

export interface ToShowTextOptions extends GetByTextOptions {
  /** Ms of guest time where the engine owns the clock, of wall time elsewhere. 0 looks once. */
  timeout?: number;
}

/**
 * Passes as soon as the screen shows the text. A string is found within a row, runs of blanks counting as one; an
 * expression is matched by rows. Text of a graphic screen is read from its pixels: exactly where a font matches, else
 * recognised.
 */
export async function toShowText(
  this: ExpectMatcherState,
  received: Screen | ScreenRegion | Machine,
  text: string | RegExp,
  options: ToShowTextOptions = {},
): Promise<MatcherReturnType> {
  const { machine, words, within } = screenSubject(received, 'toShowText');
  const { timeout, ...how } = options;
  const locator = machine.screen.getByText(text, { ...(within === undefined ? {} : { within }), ...how });
  const watch = locator.watch();
  const expected = wordPattern(text);
  return await runMatcher({
    state: this,
    machine,
    name: 'toShowText',
    subject: words,
    expected,
    timeout: matcherTimeout(machine, timeout, this.timeout),
    what: `the text ${expected}${this.isNot ? ' to go' : ''}`,
    on: ['screen'],
    check: async () => {
      if (!this.isNot) return await watch.check();
      // That a text is gone can only be said of a frame that was read to its end.
      const matches = await locator.look(await machine.screen.frame());
      return matches.length > (options.nth ?? 0) ? undefined : GONE;
    },
    woken: () => watch.woken(),
    ranOut: (call) => ranOut(call, text),
  });
}

async function ranOut(call: MatcherCall, text: string | RegExp): Promise<MatcherReturnType> {
  const { machine, expected, state } = call;
  const { frame, page } = await withoutSteps(async () => ({
    frame: await machine.screen.frame(),
    page: await machine.screen.read(),
  }));
  const summary = state.isNot
    ? `${machine.name} still shows the text ${expected}`
    : `${machine.name} did not show the text ${expected}`;
  const near = state.isNot ? null : nearestMiss(page, text);
  const wait = wordWaited(call);
  return unfulfilled(
    call,
    summary,
    {
      kind: 'assertion',
      code: state.isNot ? 'text-still-shown' : 'text-not-shown',
      expected: state.isNot ? `the text ${expected} to be gone ${wait}` : `the text ${expected} ${wait}`,
      seen: near === null ? wordAbsence(frame.content.kind, state.isNot) : wordNear(near),
    },
    wordFrame(frame, { page, miss: near }),
    wordRows(page),
  );
}

function wordNear({ text, row, distance, rung }: NearestMiss): string {
  const characters = distance === 1 ? '1 character differs' : `${distance} characters differ`;
  const read = rung === 'ocr' ? 'recognised' : 'read exactly';
  return distance === 0
    ? `nearest miss: ${JSON.stringify(text)} in row ${row}, but not where, or not in the colours, it was asked for`
    : `nearest miss: ${JSON.stringify(text)} in row ${row} (${characters}; ${read})`;
}

function wordAbsence(kind: 'text' | 'graphic' | 'blank', present: boolean): string {
  if (present) return 'it is on the screen below';
  return kind === 'blank' ? 'the screen is blank' : 'nothing like it on the screen below';
}
