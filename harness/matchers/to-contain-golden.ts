import type { ExpectMatcherState, MatcherReturnType, TestInfo } from '@playwright/test';
import type { GetByGoldenOptions, Machine, Screen, ScreenRegion } from '../../sdk/machine/types.js';
import type { Region } from '../../sdk/screen/content.js';
import type { ScenarioFrame } from '../fixtures/location.js';
import { currentTest, scenarioLines, withoutSteps } from '../fixtures/steps.js';
import { wordFile } from '../goldens/word.js';
import { encodePng } from '../../sdk/reading/png.js';
import { decideGolden } from '../goldens/decide.js';
import type { GoldenPaths } from '../goldens/paths.js';
import { noteUses } from '../goldens/note-use.js';
import { writeGolden } from '../goldens/store.js';
import { checkRegion, clipFrame } from '../goldens/picture.js';
import { goldenPathsOf, goldenPictures } from '../goldens/source.js';
import { GuestwrightError } from '../../sdk/errors.js';
import { fulfilled, lastScreen, unfulfilled, wordFrame, wordWaited, type MatcherCall } from './result.js';
import { GONE, runMatcher } from './run-matcher.js';
import { softFailure } from './soft-failure.js';
import { matcherTimeout, screenSubject } from './subject.js';

export interface ToContainGoldenOptions extends Pick<GetByGoldenOptions, 'tolerance'> {
  /**
   * Where it is expected, in pixels of the frame: it is looked for no further than `margin` away. A golden that does not
   * exist yet is cut out of the screen here.
   */
  at?: Region;
  /** Pixels around `at`. Default 0: just there. */
  margin?: number;
  /** Ms of guest time where the engine owns the clock, of wall time elsewhere. 0 looks once. */
  timeout?: number;
}

/** Passes as soon as the picture is somewhere on the screen, or near the place that `at` names. */
export async function toContainGolden(
  this: ExpectMatcherState,
  received: Screen | ScreenRegion | Machine,
  name: string,
  options: ToContainGoldenOptions = {},
): Promise<MatcherReturnType> {
  const { machine, guest, words, within } = screenSubject(received, 'toContainGolden');
  const testInfo = currentTest();
  if (testInfo === null) throw outsideOfTest();
  const lines = scenarioLines(testInfo);
  const { at, margin = 0, tolerance } = options;
  const paths = goldenPathsOf(testInfo, guest, name);
  const timeout = matcherTimeout(machine, options.timeout, this.timeout);
  if ((await goldenPictures(testInfo, paths)).length === 0) {
    return await missing({ state: this, machine, testInfo, lines, paths, at, timeout });
  }
  if (at !== undefined) checkRegion(at, await withoutSteps(() => machine.screen.frame()), 'place');
  const area = at === undefined ? undefined : widen(at, margin);
  const part = area === undefined ? within : (within ?? machine.screen.region()).screen.region(area);
  const locator = machine.screen.getByGolden(name, {
    ...(tolerance === undefined ? {} : { tolerance }),
    ...(part === undefined ? {} : { within: part }),
  });
  return await runMatcher({
    state: this,
    machine,
    name: 'toContainGolden',
    subject: words,
    expected: JSON.stringify(paths.name),
    timeout,
    what: `the golden "${paths.name}"${this.isNot ? ' to go' : ''}`,
    on: ['screen'],
    check: async () => {
      const matches = await locator.look(await machine.screen.frame());
      const [match] = matches;
      if (this.isNot) return match === undefined ? GONE : undefined;
      return match;
    },
    ranOut: async (call) => {
      const frame = await withoutSteps(() => machine.screen.frame());
      const { seen, next } = await locator.explain(frame);
      return ranOut(call, { seen: firstLines(seen), next }, wordFrame(frame));
    },
  });
}

function ranOut(
  call: MatcherCall,
  { seen, next }: { seen: string; next: string | undefined },
  shown: string,
): MatcherReturnType {
  const { machine, expected, state } = call;
  return unfulfilled(
    call,
    `${machine.name} ${state.isNot ? 'still shows' : 'does not show'} the golden ${expected}`,
    {
      kind: 'assertion',
      code: state.isNot ? 'golden-still-shown' : 'golden-not-shown',
      expected: `the golden ${expected} ${state.isNot ? 'to be gone ' : ''}${wordWaited(call)}`,
      seen,
      ...(next === undefined || state.isNot ? {} : { next }),
    },
    shown,
  );
}

interface Missing {
  state: ExpectMatcherState;
  machine: Machine;
  testInfo: TestInfo;
  lines: readonly ScenarioFrame[];
  paths: GoldenPaths;
  at: Region | undefined;
  timeout: number;
}

/** There is no such golden: it is cut out of the screen where the place is known and the update mode lets it be written. */
async function missing({ state, machine, testInfo, lines, paths, at, timeout }: Missing): Promise<MatcherReturnType> {
  const from = machine.clock.now;
  const { updateSnapshots: mode } = testInfo.config;
  const ignore = testInfo.project.ignoreSnapshots;
  const decision = decideGolden({ mode, ignore, negated: state.isNot, comparison: 'missing' });
  const written = decision.kind === 'write' && at !== undefined;
  if (written) {
    const frame = await withoutSteps(() => machine.screen.waitForStable({ timeout }));
    checkRegion(at, frame, 'place');
    noteUses(testInfo, [{ png: paths.png, pending: null }]);
    await writeGolden(paths, { png: encodePng(clipFrame(frame, at), { effort: 'small' }), txt: null });
  }
  const call: MatcherCall = {
    state,
    name: 'toContainGolden',
    subject: 'machine.screen',
    machine,
    expected: JSON.stringify(paths.name),
    timeout,
    waited: { from, to: machine.clock.now, checks: null },
  };
  if (decision.kind === 'ignored' || (written && decision.passes)) return fulfilled(call);
  const file = wordFile(paths.png);
  const summary = written
    ? `The golden ${file} did not exist; it has been written`
    : `The golden ${file} does not exist`;
  const result = unfulfilled(
    call,
    summary,
    {
      kind: 'assertion',
      code: written ? 'golden-written' : 'golden-missing',
      expected: `a golden at ${file}`,
      seen: written ? 'none, so this part of the screen was written there' : 'none',
      next: written
        ? 'look at it, commit it if it is right, and run again'
        : at === undefined
          ? 'say where on the screen it is, { at: { x, y, width, height } }, and it is cut out there; or save a PNG file there'
          : 'run with --update-snapshots=missing to cut it out of the screen',
    },
    await lastScreen(machine),
  );
  return written ? softFailure(testInfo, lines, summary, result) : result;
}

function outsideOfTest(): GuestwrightError {
  return new GuestwrightError('toContainGolden was called outside of a test', {
    kind: 'usage',
    code: 'no-test',
    expected: 'a running test: its file and its guest say where the golden is',
  });
}

/** The screen is shown below the message anyway. */
function firstLines(seen: string): string {
  return seen.split('\nThe ')[0] ?? seen;
}

function widen({ x, y, width, height }: Region, margin: number): Region {
  return { x: x - margin, y: y - margin, width: width + 2 * margin, height: height + 2 * margin };
}
