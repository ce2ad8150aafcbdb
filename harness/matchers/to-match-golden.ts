import type { ExpectMatcherState, MatcherReturnType, TestInfo } from '@playwright/test';
import { dirname, relative } from 'node:path';
import { GuestwrightError } from '../../sdk/errors.js';
import type { Machine, Screen } from '../../sdk/machine/types.js';
import type { Region } from '../../sdk/screen/content.js';
import { recordOf, type KnownMachine } from '../fixtures/record.js';
import type { ScenarioFrame } from '../fixtures/location.js';
import { currentTest, scenarioLines } from '../fixtures/steps.js';
import { applyGolden, type GoldenDone } from '../goldens/apply.js';
import { matchesAny, rankGoldens, type Candidate, type Compared } from '../goldens/candidates.js';
import { sameFrame, type Tolerance } from '../goldens/compare.js';
import { decideGolden, decideWait, type Comparison, type GoldenDecision } from '../goldens/decide.js';
import { lookAtScreen, type Look } from '../goldens/look.js';
import { goldenPaths, unnamedGolden, type GoldenPaths } from '../goldens/paths.js';
import { masksInFrame, masksInGolden, type Mask } from '../goldens/masks.js';
import { clipFrame, placeMasks } from '../goldens/picture.js';
import { encodeGolden, readGoldens, sameFiles } from '../goldens/store.js';
import { noteUses } from '../goldens/note-use.js';
import type { GoldenUse } from '../goldens/use.js';
import { wordGolden, wordWritten } from '../goldens/word.js';
import { terminalWidth } from '../terminal.js';
import { brokenOff, fulfilled, unfulfilled, wordFrame, wordWaited, type MatcherCall } from './result.js';
import { softFailure } from './soft-failure.js';
import { matcherTimeout, subjectOf } from './subject.js';

export interface ToMatchGoldenOptions {
  /** Places that are not compared: rectangles in pixels of the frame, or texts (`screen.getByText`) where they stand. */
  mask?: readonly Mask[];
  /** The part of the screen that is compared, in pixels of the frame. */
  clip?: Region;
  /** How much a pixel's colour may differ, 0 to 1. Default: 0 on text screens, 0.2 on graphic ones. */
  threshold?: number;
  /** How many pixels may differ. Default 0. */
  maxDiffPixels?: number;
  /** How many pixels may differ, as a part of all, 0 to 1; with `maxDiffPixels` the smaller number counts. */
  maxDiffPixelRatio?: number;
  /** Ms of guest time where the engine owns the clock, of wall time elsewhere. 0 looks once. */
  timeout?: number;
}

/**
 * Passes as soon as the screen matches the golden `golden-screens/<guest>/<scenario>/<name>.png`, or a variant of it
 * (`<name>@<variant>.png`): in every pixel, and in a text mode so in every character and colour, but for what the
 * options allow. Without a name it is the test's title and a number. A golden that is missing, or updated (`-u`), is written once the screen stands still.
 */
export async function toMatchGolden(
  this: ExpectMatcherState,
  received: Screen | Machine,
  nameOrOptions?: string | ToMatchGoldenOptions,
  more?: ToMatchGoldenOptions,
): Promise<MatcherReturnType> {
  const subject = subjectOf(received, 'toMatchGolden', 'machine.screen');
  const named = typeof nameOrOptions === 'string';
  const setup = await prepare(subject, named ? nameOrOptions : undefined, (named ? more : nameOrOptions) ?? {});
  const { testInfo, machine, paths, candidates, options } = setup;
  const timeout = matcherTimeout(machine, options.timeout, this.timeout);
  const question = {
    mode: testInfo.config.updateSnapshots,
    ignore: testInfo.project.ignoreSnapshots,
    negated: this.isNot,
  };
  const { outcome, waited } = await lookAtScreen({
    machine,
    wait: decideWait(question, candidates.length > 0),
    what: `the screen ${this.isNot ? 'not ' : ''}to match the golden "${paths.name}"`,
    timeout,
    take: () => takeLook(setup),
    moved: (before, after) => !sameFrame(before.part, after.part, [...before.masks, ...after.masks]),
  });
  const expected = JSON.stringify(paths.name);
  const call: MatcherCall = {
    state: this,
    name: 'toMatchGolden',
    subject: 'machine.screen',
    machine,
    expected,
    timeout,
    waited,
  };
  switch (outcome.kind) {
    case 'failed':
      return await brokenOff(call, outcome);
    case 'restless':
      return restless(call, outcome.look);
    case 'looked': {
      const { look } = outcome;
      const { tolerance } = setup;
      const ranked = look === null ? [] : rankGoldens(candidates, look, tolerance);
      const decision = decideGolden({ ...question, comparison: classify(setup, ranked, look) });
      const done = await applyGolden({ testInfo, paths, ranked, tolerance, decision, look });
      noteUses(testInfo, usesOf(setup, done));
      return conclude(call, setup, { decision, ranked, look, done });
    }
  }
}

/** What is compared, and how: fixed for one call. */
interface Setup {
  testInfo: TestInfo;
  machine: Machine;
  paths: GoldenPaths;
  /** The golden and its variants, as far as there are any. */
  candidates: readonly Candidate[];
  options: ToMatchGoldenOptions;
  tolerance: Tolerance;
  /** The scenario's lines that lead here. */
  lines: readonly ScenarioFrame[];
}

async function prepare(
  { machine, guest }: KnownMachine,
  name: string | undefined,
  options: ToMatchGoldenOptions,
): Promise<Setup> {
  const testInfo = currentTest();
  if (testInfo === null) {
    throw new GuestwrightError('toMatchGolden was called outside of a test', {
      kind: 'usage',
      code: 'no-test',
      expected: 'a running test: its file and its guest say where the golden is',
    });
  }
  const lines = scenarioLines(testInfo);
  const paths = goldenPaths({
    root: projectFolder(testInfo),
    guest,
    scenario: testInfo.file,
    name: name ?? unnamedGolden(testInfo.title, ++recordOf(testInfo).unnamedGoldens),
  });
  const tolerance = checkTolerance(options);
  const goldens = await readGoldens(paths);
  const candidates = await Promise.all(
    goldens.map(async (golden) => ({ golden, masks: await masksInGolden(options.mask ?? [], golden) })),
  );
  return { testInfo, machine, paths, candidates, options, tolerance, lines };
}

/** All variants were looked at; what was refused could become the nearest, or the plain golden where there is none. */
function usesOf({ paths, candidates }: Setup, { pending }: GoldenDone): GoldenUse[] {
  const target = pending?.paths ?? paths;
  const uses = candidates.map(({ golden }) => golden.paths.png).filter((png) => png !== target.png);
  return [{ png: target.png, pending: pending?.picture ?? null }, ...uses.map((png) => ({ png, pending: null }))];
}

function projectFolder({ config }: TestInfo): string {
  return config.configFile === undefined ? config.rootDir : dirname(config.configFile);
}

/** @throws GuestwrightError `usage/tolerance-invalid` */
function checkTolerance({ threshold, maxDiffPixels, maxDiffPixelRatio }: ToMatchGoldenOptions): Tolerance {
  const given = { threshold, maxDiffPixels, maxDiffPixelRatio };
  const limits = { threshold: 1, maxDiffPixels: Infinity, maxDiffPixelRatio: 1 };
  const tolerance: Tolerance = {};
  for (const field of ['threshold', 'maxDiffPixels', 'maxDiffPixelRatio'] as const) {
    const value = given[field];
    if (value === undefined) continue;
    if (!(value >= 0 && value <= limits[field])) throw toleranceInvalid(field, value);
    tolerance[field] = value;
  }
  return tolerance;
}

function toleranceInvalid(field: keyof Tolerance, value: number): GuestwrightError {
  return new GuestwrightError(`toMatchGolden was given a ${field} that cannot be`, {
    kind: 'usage',
    code: 'tolerance-invalid',
    expected: field === 'maxDiffPixels' ? 'a number of pixels, 0 or more' : 'a number from 0 to 1',
    seen: String(value),
  });
}

async function takeLook({ machine, candidates, options, tolerance }: Setup): Promise<Look> {
  const frame = await machine.screen.frame();
  const regions = await masksInFrame(options.mask ?? [], frame);
  const part = clipFrame(frame, options.clip);
  const masks = placeMasks(regions, options.clip);
  return { frame, part, masks, matches: matchesAny(candidates, { part, masks }, tolerance) };
}

function classify({ testInfo }: Setup, [nearest]: readonly Compared[], look: Look | null): Comparison {
  if (nearest === undefined || look === null) return 'missing';
  if (nearest.comparison.kind !== 'same') return 'differs';
  // Encoding costs more than comparing, and only one mode asks about bytes.
  const asked = testInfo.config.updateSnapshots === 'all';
  return asked && sameFiles(nearest.golden, encodeGolden(look.part)) ? 'identical' : 'matches';
}

/** A picture that is to become a golden, but moves all the time. */
function restless(call: MatcherCall, { frame }: Look): MatcherReturnType {
  return unfulfilled(
    call,
    `The screen of ${call.machine.name} never stood still, so it was not written as a golden`,
    {
      kind: 'assertion',
      code: 'screen-restless',
      expected: `a screen that stays as it is ${wordWaited(call)}`,
      seen: 'something on it changed all the time',
      next: 'mask what moves: { mask: [region] } or { mask: [machine.screen.getByText(/…/)] }',
    },
    wordFrame(frame),
  );
}

interface Conclusion {
  decision: GoldenDecision;
  ranked: readonly Compared[];
  look: Look | null;
  done: GoldenDone;
}

function conclude(call: MatcherCall, setup: Setup, { decision, ranked, look, done }: Conclusion): MatcherReturnType {
  const { testInfo, paths, machine } = setup;
  const written = wordWritten(decision, done.written ?? paths.png);
  if (written !== null) process.stdout.write(`${written}\n`);
  const subject = {
    machine: machine.name,
    file: paths.png,
    test: `${relative(process.cwd(), testInfo.file)}:${testInfo.line}`,
    project: testInfo.project.name,
    waited: wordWaited(call),
    width: terminalWidth(),
  };
  const words = wordGolden(decision, ranked, subject, done.pictures);
  if (words === null) return fulfilled(call);
  const { summary, failure, details } = words;
  const screen = look === null ? '' : wordFrame(look.frame);
  const result = unfulfilled(call, summary, failure, [details, screen].filter((part) => part !== '').join('\n\n'));
  return decision.kind === 'write' ? softFailure(testInfo, setup.lines, summary, result) : result;
}
