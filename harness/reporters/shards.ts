/**
 * The reporter that splits the tests between shards (`--shard 1/2`) by how long they take, and notes how long they took.
 * In a report that is merged of shards, it looks whether all are there.
 */
import { dirname } from 'node:path';
import type { FullConfig, Reporter, Suite, TestCase, TestRun } from '@playwright/test/reporter';
import { GuestwrightError } from '../../sdk/errors.js';
import { cameFromStore, MEMOISED_ANNOTATION } from '../fixtures/memoised.js';
import {
  addMeasured,
  durationsGiven,
  durationsLeft,
  judgeMerged,
  noteOf,
  planShard,
  readDurations,
  titleOf,
  wordMerged,
  wordNotBalanced,
  wordPlan,
  writeDurations,
  type Measured,
  type NotBalanced,
} from '../sharding/index.js';

/** `guestwright run` adds this reporter to those of the project: of two in one run only the first does anything. */
let speaking: symbol | null = null;

export default class ShardsReporter implements Reporter {
  readonly #voice = Symbol('shards');
  #root: Suite | undefined;
  #folder = process.cwd();
  /** Whether the tests were split here, or Playwright was told why not. */
  #decided = false;

  /** @throws GuestwrightError `usage/durations-invalid` */
  async preprocess({ config, suite, testRun }: { config: FullConfig; suite: Suite; testRun: TestRun }): Promise<void> {
    if (!this.#speaks() || config.shard === null) return;
    this.#decided = true;
    const { shard } = config;
    const plan = planShard(suite, (one) => testRun.mode(one), readDurations(durationsGiven(folderOf(config))), shard);
    const refused = claimSharding(testRun);
    if (refused !== null) {
      say(wordNotBalanced(refused));
      return;
    }
    for (const test of plan.excluded) testRun.exclude(test);
    Object.assign(config.metadata, noteOf(plan));
    say(wordPlan(plan));
  }

  /** @throws GuestwrightError `infrastructure/shards-incomplete`, of a merged report: Playwright puts it into the others */
  onBegin(config: FullConfig, suite: Suite): void {
    if (!this.#speaks()) return;
    this.#root = suite;
    this.#folder = folderOf(config);
    if (config.shard !== null) {
      if (!this.#decided) say(wordNotBalanced('playwright-cannot'));
      return;
    }
    const merged = judgeMerged(config.metadata);
    const words = merged === null ? null : wordMerged(merged);
    if (words === null) return;
    say(words);
    throw new GuestwrightError(words, {
      kind: 'infrastructure',
      code: 'shards-incomplete',
      expected: 'a report of every shard, all split alike',
      next: 'see the log of the shards; what is wrong with one is not in this report',
    });
  }

  onEnd(): void {
    const measured = (this.#root?.allTests() ?? []).flatMap(measure);
    if (!this.#speaks() || measured.length === 0) return;
    const left = durationsLeft(this.#folder);
    const known = new Map([...readDurations(durationsGiven(this.#folder)), ...readDurations(left)]);
    writeDurations(left, addMeasured(known, measured));
  }

  /** After the end of all reporters. UI mode begins many runs in one process. */
  async onExit(): Promise<void> {
    speaking = null;
  }

  printsToStdio(): boolean {
    return false;
  }

  #speaks(): boolean {
    speaking ??= this.#voice;
    return speaking === this.#voice;
  }
}

/** Null when the tests are ours to split. */
function claimSharding(testRun: TestRun): NotBalanced | null {
  try {
    testRun.skipSharding();
    return null;
  } catch {
    // Only one reporter may: a project can have its own, which was first.
    return 'another-reporter';
  }
}

function folderOf({ configFile, rootDir }: FullConfig): string {
  return configFile === undefined ? rootDir : dirname(configFile);
}

/** How long a test that failed would have taken is not known. */
function measure(test: TestCase): Measured[] {
  const result = test.results.at(-1);
  if (result?.status !== 'passed') return [];
  const memoised = result.annotations.some(
    ({ type, description }) => type === MEMOISED_ANNOTATION && cameFromStore(description),
  );
  return [{ title: titleOf(test), seconds: result.duration / 1000, memoised }];
}

/** Not on the output: reporters such as `json` write there. */
function say(words: string): void {
  process.stderr.write(`${words}\n`);
}
