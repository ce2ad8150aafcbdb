import type { ExpectMatcherState, MatcherReturnType, TestInfo } from '@playwright/test';
import { dirname, relative } from 'node:path';
import { GuestwrightError } from '../../sdk/errors.js';
import type { Machine, Screen, TextLocator } from '../../sdk/machine/types.js';
import type { Region } from '../../sdk/screen/content.js';
import { recordOf, type KnownMachine } from '../fixtures/record.js';
import { currentTest } from '../fixtures/steps.js';
import { applyGolden } from '../goldens/apply.js';
import { compareWithGolden, samePicture, type Tolerance } from '../goldens/compare.js';
import { decideGolden, decideWait, type Comparison, type GoldenDecision } from '../goldens/decide.js';
import { lookAtScreen, type Look } from '../goldens/look.js';
import { goldenPaths, unnamedGolden, type GoldenPaths } from '../goldens/paths.js';
import { checkRegion, takePicture } from '../goldens/picture.js';
import { encodeGolden, readGolden, sameFiles, type Golden } from '../goldens/store.js';
import { wordGolden, wordWritten } from '../goldens/word.js';
import { brokenOff, fulfilled, unfulfilled, wordFrame, wordWaited, type MatcherCall } from './result.js';
import { matcherTimeout, subjectOf } from './subject.js';

export interface ToMatchGoldenOptions {
  /** Places that are not compared: rectangles in pixels of the frame, or texts (`screen.getByText`) where they stand. */
  mask?: readonly (Region | TextLocator)[];
  /** The part of the screen that is compared, in pixels of the frame. */
  clip?: Region;
  /** How much a pixel's colour may differ, 0 to 1. Default 0: not at all. */
  threshold?: number;
  /** How many pixels may differ. Default 0. */
  maxDiffPixels?: number;
  /** How many pixels may differ, as a part of all, 0 to 1. Default 0. */
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
    moved: (before, after) => !samePicture(before.picture, after.picture, after.masks),
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
      await applyGolden({ testInfo, paths, golden, decision, look });
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
  const paths = goldenPaths({
    root: projectFolder(testInfo),
    guest,
    scenario: testInfo.file,
    name: name ?? unnamedGolden(testInfo.title, ++recordOf(testInfo).unnamedGoldens),
  });
  const tolerance = checkTolerance(options);
  return { testInfo, machine, paths, golden: await readGolden(paths), options, tolerance };
}

function projectFolder({ config }: TestInfo): string {
  return config.configFile === undefined ? config.rootDir : dirname(config.configFile);
}

function checkTolerance({ threshold = 0, maxDiffPixels = 0, maxDiffPixelRatio = 0 }: ToMatchGoldenOptions): Tolerance {
  const parts = { threshold, maxDiffPixelRatio };
  const wrong = Object.entries(parts).find(([, value]) => !(value >= 0 && value <= 1));
  const field = wrong?.[0] ?? (maxDiffPixels >= 0 ? undefined : 'maxDiffPixels');
  if (field === undefined) return { threshold, maxDiffPixels, maxDiffPixelRatio };
  throw new GuestwrightError(`toMatchGolden was given a ${field} that cannot be`, {
    kind: 'usage',
    code: 'tolerance-invalid',
    expected: field === 'maxDiffPixels' ? 'a number of pixels, 0 or more' : 'a number from 0 to 1',
    seen: String(wrong?.[1] ?? maxDiffPixels),
  });
}

async function takeLook({ machine, golden, options, tolerance }: Setup): Promise<Look> {
  const frame = await machine.screen.frame();
  const masks = await findMasks(options.mask ?? [], frame);
  const picture = takePicture(frame, options.clip);
  const placed = placeMasks(masks, options.clip);
  const comparison = golden === null ? null : compareWithGolden(golden, picture, { masks: placed, tolerance });
  return { frame, picture, masks: placed, comparison };
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

/** Masks are given in pixels of the frame, and compared in pixels of the clip. */
function placeMasks(masks: readonly Region[], clip: Region | undefined): Region[] {
  if (clip === undefined) return [...masks];
  return masks.flatMap((mask) => {
    const left = Math.max(mask.x, clip.x);
    const top = Math.max(mask.y, clip.y);
    const width = Math.min(mask.x + mask.width, clip.x + clip.width) - left;
    const height = Math.min(mask.y + mask.height, clip.y + clip.height) - top;
    return width > 0 && height > 0 ? [{ x: left - clip.x, y: top - clip.y, width, height }] : [];
  });
}

function classify({ golden, testInfo }: Setup, look: Look | null): Comparison {
  if (golden === null || look === null) return 'missing';
  if (look.comparison?.kind !== 'same') return 'differs';
  // Encoding costs more than comparing, and only one mode asks about bytes.
  const asked = testInfo.config.updateSnapshots === 'all';
  return asked && sameFiles(golden, encodeGolden(look.picture)) ? 'identical' : 'matches';
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
  return decision.kind === 'write' ? softened(testInfo, summary, result) : result;
}

/**
 * A first golden fails its test, but lets it go on, so that one run writes them all; and it is not retried, because the
 * retry would pass. As Playwright's own matchers do it: through fields that are not in the public types. That they still
 * work is looked after when the test ends (`failOnUnreportedGoldens`).
 */
function softened(testInfo: TestInfo, summary: string, result: MatcherReturnType): MatcherReturnType {
  recordOf(testInfo).writtenGoldens.push(summary);
  const softError = new Error(result.message());
  softError.stack = softError.message;
  return Object.assign(result, { pass: true, message: () => '', softError, shouldNotRetryTest: true });
}
