import type { ExpectMatcherState, MatcherReturnType, TestInfo } from '@playwright/test';
import { dirname, relative } from 'node:path';
import { GuestwrightError } from '../../sdk/errors.js';
import type { Machine, Screen, TextLocator } from '../../sdk/machine/types.js';
import type { Region } from '../../sdk/screen/content.js';
import { recordOf, type KnownMachine } from '../fixtures/record.js';
import { pointErrorAt, type ScenarioFrame } from '../fixtures/location.js';
import { currentTest, scenarioLines } from '../fixtures/steps.js';
import { applyGolden } from '../goldens/apply.js';
import { compareWithGolden, sameFrame, type Tolerance } from '../goldens/compare.js';
import { decideGolden, decideWait, type Comparison, type GoldenDecision } from '../goldens/decide.js';
import { lookAtScreen, type Look } from '../goldens/look.js';
import { goldenPaths, unnamedGolden, type GoldenPaths } from '../goldens/paths.js';
import { checkRegion, clipFrame, placeMasks } from '../goldens/picture.js';
import { encodeGolden, readGolden, sameFiles, type Golden } from '../goldens/store.js';
import { encodeUse, GOLDEN_ANNOTATION, type GoldenUse } from '../goldens/use.js';
import { wordGolden, wordWritten } from '../goldens/word.js';
import { brokenOff, fulfilled, unfulfilled, wordFrame, wordWaited, type MatcherCall } from './result.js';
import { matcherTimeout, subjectOf } from './subject.js';

export interface ToMatchGoldenOptions {
  /** Places that are not compared: rectangles in pixels of the frame, or texts (`screen.getByText`) where they stand. */
  mask?: readonly (Region | TextLocator)[];
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
 * Passes as soon as the screen matches the golden `golden-screens/<guest>/<scenario>/<name>.png`: in every pixel, and in
 * a text mode so in every character and colour, but for what the options allow. Without a name it is the test's title
 * and a number. A golden that is missing, or updated (`-u`), is written once the screen stands still.
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
  const { testInfo, machine, paths, golden, options } = setup;
  const timeout = matcherTimeout(machine, options.timeout, this.timeout);
  const question = {
    mode: testInfo.config.updateSnapshots,
    ignore: testInfo.project.ignoreSnapshots,
    negated: this.isNot,
  };
  const { outcome, waited } = await lookAtScreen({
    machine,
    wait: decideWait(question, golden !== null),
    what: `the screen ${this.isNot ? 'not ' : ''}to match the golden "${paths.name}"`,
    timeout,
    take: () => takeLook(setup),
    moved: (before, after) => !sameFrame(before.part, after.part, after.masks),
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
      const decision = decideGolden({ ...question, comparison: classify(setup, look) });
      const pending = await applyGolden({ testInfo, paths, golden, tolerance: setup.tolerance, decision, look });
      noteUse(testInfo, { png: paths.png, pending });
      return conclude(call, setup, decision, look);
    }
  }
}

/** What is compared, and how: fixed for one call. */
interface Setup {
  testInfo: TestInfo;
  machine: Machine;
  paths: GoldenPaths;
  golden: Golden | null;
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
  return { testInfo, machine, paths, golden: await readGolden(paths), options, tolerance, lines };
}

/** For `guestwright golden`: which goldens a run used, and what it would have written. */
function noteUse({ annotations }: TestInfo, use: GoldenUse): void {
  annotations.push({ type: GOLDEN_ANNOTATION, description: encodeUse(use) });
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

async function takeLook({ machine, golden, options, tolerance }: Setup): Promise<Look> {
  const frame = await machine.screen.frame();
  const masks = await findMasks(options.mask ?? [], frame);
  const part = clipFrame(frame, options.clip);
  const placed = placeMasks(masks, options.clip);
  const comparison = golden === null ? null : compareWithGolden(golden, part, { masks: placed, tolerance });
  return { frame, part, masks: placed, comparison };
}

/** Masks by text follow it: a text that is not there covers nothing. */
async function findMasks(masks: readonly (Region | TextLocator)[], size: { width: number; height: number }) {
  const found = await Promise.all(
    masks.map(async (mask) => ('all' in mask ? (await mask.all()).map(({ region }) => region) : [mask])),
  );
  const regions = found.flat();
  for (const region of regions) checkRegion(region, size, 'mask');
  return regions;
}

function classify({ golden, testInfo }: Setup, look: Look | null): Comparison {
  if (golden === null || look === null) return 'missing';
  if (look.comparison?.kind !== 'same') return 'differs';
  // Encoding costs more than comparing, and only one mode asks about bytes.
  const asked = testInfo.config.updateSnapshots === 'all';
  return asked && sameFiles(golden, encodeGolden(look.part)) ? 'identical' : 'matches';
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

function conclude(call: MatcherCall, setup: Setup, decision: GoldenDecision, look: Look | null): MatcherReturnType {
  const { testInfo, paths, machine } = setup;
  const written = wordWritten(decision, paths.png);
  if (written !== null) process.stdout.write(`${written}\n`);
  const words = wordGolden(decision, look?.comparison ?? null, {
    machine: machine.name,
    file: paths.png,
    test: `${relative(process.cwd(), testInfo.file)}:${testInfo.line}`,
    project: testInfo.project.name,
    waited: wordWaited(call),
  });
  if (words === null) return fulfilled(call);
  const { summary, failure, details } = words;
  const screen = look === null ? '' : wordFrame(look.frame);
  const result = unfulfilled(call, summary, failure, [details, screen].filter((part) => part !== '').join('\n\n'));
  return decision.kind === 'write' ? softened(setup, summary, result) : result;
}

/**
 * A first golden fails its test, but lets it go on, so that one run writes them all; and it is not retried, because the
 * retry would pass. As Playwright's own matchers do it: through fields that are not in the public types. That they still
 * work is looked after when the test ends (`failOnUnreportedGoldens`).
 */
function softened({ testInfo, lines }: Setup, summary: string, result: MatcherReturnType): MatcherReturnType {
  recordOf(testInfo).writtenGoldens.push(summary);
  const softError = new Error(result.message());
  pointErrorAt(softError, lines);
  return Object.assign(result, { pass: true, message: () => '', softError, shouldNotRetryTest: true });
}
